"""`python -m clever_roster` is the command line."""

import sys

from clever_roster.cli import main

sys.exit(main())
