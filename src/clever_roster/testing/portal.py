"""What the pretend Clever's pages offer a person who clicks through a demonstration: whom to be, and what comes next.

    Simulator([district], portal=Portal(featured={teacher: "the teacher"}, nights={"A day passes": tomorrow}))

Knows no page and no route; `oauth_pages` shows it, `oauth_host` carries it out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import attrs

from clever_roster.model import PersonId
from clever_roster.testing.district import District

__all__ = ["Portal"]


@attrs.frozen(kw_only=True, repr=False)
class Portal:
    """Shortcuts for a person who clicks through a demonstration.

    Attributes:
        featured: who stands first on a login page, each with the part they play.
        nights: by the words on its button, what a night makes of a district.
    """

    featured: Mapping[PersonId, str] = attrs.field(factory=dict[PersonId, str])
    nights: Mapping[str, Callable[[District], District]] = attrs.field(
        factory=dict[str, Callable[[District], District]]
    )
