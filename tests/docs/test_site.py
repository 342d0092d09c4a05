"""The site builds without a warning, and without a network."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

from snippets import ROOT

from clever_roster.cli import COMMANDS


def test_the_site_builds_with_warnings_as_errors(tmp_path: Path, tell) -> None:
    """Every page, every docstring, every link inside; names that no page shows are an error too (nitpicky)."""
    begun = time.monotonic()
    options = ["-W", "--keep-going", "-n", "-q", "-b", "html", "-d", str(tmp_path / "trees")]
    built = subprocess.run(
        [sys.executable, "-m", "sphinx", *options, str(ROOT / "docs"), str(tmp_path / "site")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    pages = [page.read_text(encoding="utf-8") for page in (tmp_path / "site").rglob("*.html")]
    links = sum(len(re.findall(r'<a class="[^"]*reference internal"', page)) for page in pages)
    names = sum(len(re.findall(r'<dt class="sig sig-object py"', page)) for page in pages)
    tell(f"the site: {len(pages)} pages, {names} names, {links} links inside, in {time.monotonic() - begun:.0f} s")
    assert 'href="how-to/certification.html"' in (tmp_path / "site/index.html").read_text(encoding="utf-8")
    commands = (tmp_path / "site/reference/cli.html").read_text(encoding="utf-8")
    assert all(f"usage: clever-roster {name} " in commands for name in COMMANDS)
