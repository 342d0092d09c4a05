"""How much may end without anybody being asked: numbers only. What is done with them stands in `guard`."""

from __future__ import annotations

from datetime import timedelta

import attrs

__all__ = ["Limits"]


@attrs.frozen(kw_only=True)
class Limits:
    """Brakes at three levels, with a memory over days.

    Attributes:
        free: so many students of a section may always leave, as long as somebody stays.
        share: beyond that, so great a part of the class (0 to 1).
        most: and never more than this number out of one section.
        window: how long what left before still counts: 4 % on each of five nights is 20 %.
        confirm: how many nights running a person must be missing before they are withdrawn; 1 believes the first.
        type_floor, type_share: the same for all students, all teachers or all sections of the scope: the number that
            may always end, and beyond it the share.
        district_floor, district_share: the same for all enrollments of the scope together.
    """

    free: int = 2
    share: float = 0.2
    most: int = 100
    window: timedelta = timedelta(days=7)
    confirm: int = 1
    type_floor: int = 50
    type_share: float = 0.1
    district_floor: int = 100
    district_share: float = 0.08
