"""The steps, one file for each shape that a release had."""
