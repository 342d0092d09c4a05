"""The main job as a story in chapters, played over real HTTP: each chapter does its part, checks it, and says so.

Nothing is printed here and nothing is assumed: what a chapter claims is compared with the district's own lists and with
the host's own tables. `cli.telling` prints it, `cli.demo` sets the stage.
"""

from __future__ import annotations

from collections.abc import Iterator

from clever_roster.cli.story import arrival, classes, doubles
from clever_roster.cli.story.stage import Chapter, Fact, Grid, Stage

__all__ = ["Chapter", "Fact", "Grid", "Stage", "play"]


def play(stage: Stage) -> Iterator[Chapter]:
    """Play the chapters in order; each is given out when it has been played. Ends early if nobody could log in."""
    doubles.remember_last_year(stage)
    teacher, chapter = arrival.log_in(stage)
    yield chapter
    if teacher is None:
        return
    yield arrival.connect(stage, teacher)
    yield classes.choose(stage)
    yield classes.import_classes(stage, teacher)
    yield classes.sync(stage, teacher)
    yield classes.guard(stage, teacher)
    yield doubles.find(stage)
