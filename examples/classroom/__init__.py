"""A small learning product that mounts clever_roster: accounts of its own, classes, stars for finished lessons.

    clever-roster demo --web          # with a pretend Clever and Google beside it; nothing leaves your machine

How to read it: `tables` is what the product keeps, `people` who signs in (`tries`: how often they may be wrong),
`school` how the library is put on them, `rosters` reads classes (`grants`: what teachers let us read), `app` puts it on
the web. Then `pages/`, one file for each thing that people come for. `story` makes the demonstration: last year's
class, and what happens in the district overnight. No JavaScript, no build step.
"""

from classroom.app import build
from classroom.school import School
from classroom.serving import listen, serving
from classroom.story import PASSWORD, Nights, google_of, play

__all__ = ["PASSWORD", "Nights", "School", "build", "google_of", "listen", "play", "serving"]
