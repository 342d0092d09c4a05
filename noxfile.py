"""What CI runs, by name: `nox` runs the checks, `nox -s tests`, `nox -s docs`, `nox -l` lists them all.

Each session makes an environment with the tested versions (`constraints.txt`, by hash). `.ci/run` has made one already
and runs the same sessions in it: `nox --no-venv -s checks docs`.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import nox

nox.needs_version = ">=2025.2"
nox.options.sessions = ["checks"]
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_external_run = False

DISTRICTS = "tests/duplicates/test_duplicates_districts.py"


def tested_versions(session: nox.Session) -> None:
    """Install what was tested, unless the environment is given."""
    if session.venv_backend != "none":
        session.install("--require-hashes", "-r", "constraints.txt")
        session.install("--no-deps", "-e", ".")


@nox.session
def checks(session: nox.Session) -> None:
    """Style, types, and the floors of the house."""
    tested_versions(session)
    session.run("ruff", "format", "--check", ".")
    session.run("ruff", "check", ".")
    session.run("mypy")
    session.run("mypy", "typing_tests")
    session.run("lint-imports")
    if shutil.which("node") is None:
        session.warn("pyright needs Node.js, which this machine lacks: not run")
    else:
        session.run("pyright", "src", "typing_tests")


@nox.session
def tests(session: nox.Session) -> None:
    """All tests, or those that are named: `nox -s tests -- tests/roster`."""
    tested_versions(session)
    session.run("python", "-m", "pytest", *session.posargs)


@nox.session
def night(session: nox.Session) -> None:
    """What a change cannot wait for: new examples again and again, 200 kills, 1,000 districts of accounts."""
    tested_versions(session)
    rounds, *named = session.posargs or ["25"]
    for _ in range(int(rounds)):  # each with examples that no round before had
        session.run("python", "-m", "pytest", "-q", "-m", "hypothesis", *named, env={"CI": None})
    session.run("python", "-m", "pytest", "-q", "tests/roster/test_runs.py", env={"CLEVER_ROSTER_KILLS": "200"})
    session.run("python", "-m", "pytest", "-q", DISTRICTS, env={"CLEVER_ROSTER_DISTRICTS": "1000"})


@nox.session
def docs(session: nox.Session) -> None:
    """The site, into build/site, with warnings as errors; then what the pages say: snippets, links, names."""
    tested_versions(session)
    session.run("python", "-m", "sphinx", "-W", "--keep-going", "-n", "-q", "-b", "html", "docs", "build/site")
    session.run("python", "-m", "pytest", "-q", "tests/docs", "--deselect", "tests/docs/test_site.py", *session.posargs)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """One benchmark, with its options: `nox -s benchmarks -- diff --rows 10000`. No time is asserted anywhere."""
    names = sorted(path.stem for path in Path("benchmarks").glob("*.py"))
    if not session.posargs or session.posargs[0] not in names:
        session.error(f"Name one of: {', '.join(names)}.")
    tested_versions(session)
    session.run("python", f"benchmarks/{session.posargs[0]}.py", *session.posargs[1:])


@nox.session
def written(session: nox.Session) -> None:
    """Write anew what is written from the code: the public names, the tables of outcomes."""
    tested_versions(session)
    session.run("python", "tests/docs/written.py")


@nox.session
def changelog(session: nox.Session) -> None:
    """Print the fragments of `changes/` as a chapter of a changelog: `nox -s changelog -- 0.2.0`."""
    version = session.posargs[0] if session.posargs else "unreleased"
    told = [" ".join(path.read_text(encoding="utf-8").split()) for path in sorted(Path("changes").glob("*.md"))]
    print("\n".join([f"## {version}", "", *(f"- {one}" for one in told)]))  # noqa: T201 - what it is for
