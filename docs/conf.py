"""How the site is built: Markdown that reads well on GitHub, and what is added to it here at build time.

A page of the reference says in its front matter which room it shows (`room: clever_roster.oauth`), which names it
leaves out (`without`) and of which classes it shows no members (`brief`); the room's docstrings are put below its text.
The page of the command line gets each command's own help, and the front page a menu
made from the folders. Nothing is fetched from the network.
"""
# ruff: noqa: INP001 - Sphinx loads it by its path

from __future__ import annotations

import importlib
import inspect
import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout, suppress
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.typing import ExtensionMetadata

from clever_roster import cli, errors

sys.path.insert(0, str(Path(__file__).parent))
from flows import is_flow, nearness, signature_of

HERE = Path(__file__).parent

settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "clever_roster.storage.django"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
)
django.setup()  # the pages of the adapters for Django import its models

project = "clever_roster"
author = "the clever_roster authors"
copyright = "the clever_roster authors"  # noqa: A001 - Sphinx's name for it
release = version_of("clever-roster")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "clever_roster"
html_baseurl = ""
html_show_sourcelink = False
html_copy_source = False
html_use_index = False
smartquotes = False
default_role = "code"
nitpicky = True
nitpick_ignore_regex = [
    ("py:.*", r"(?!clever_roster).*"),  # other people's names: nothing is fetched to resolve them
]
suppress_warnings = [
    "myst.header",  # a page of the reference goes on with a docstring
    "ref.python",  # a built-in's name in an annotation, where a field of ours has it too
]
myst_enable_extensions = ["attrs_inline", "colon_fence"]
myst_heading_anchors = 4
autodoc_member_order = "groupwise"
autodoc_typehints = "signature"
autodoc_class_signature = "mixed"
autodoc_default_options = {
    "members": True,
    "undoc-members": True,
    "inherited-members": "tuple,str,int,Enum,BaseException,Exception,ABC,dict",
}
python_use_unqualified_type_names = True
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_custom_sections = ["Law", ("Fields", "params_style")]

MENU = {
    "Tutorials": "tutorials",
    "How-to": "how-to",
    "Explanation": "explanation",
    "Reference": "reference",
}
"""The front page's menu: what a part is called, and its folder."""

FIRST = {
    "tutorials": ("fastapi", "django", "flask", "first-sync", "first-data-check"),
    "explanation": ("the-house", "clever", "security", "sync", "duplicates", "isolation"),
    "reference": ("oauth", "linking", "roster", "duplicates", "clever", "outcomes", "errors", "cli"),
}
"""Which pages of a folder come first, and in which order; the others follow by name."""


def setup(app: Sphinx) -> ExtensionMetadata:
    """Say what is added at build time."""
    _as_plain_functions()
    app.connect("source-read", _complete)
    app.connect("autodoc-process-docstring", _readable, priority=400)  # before napoleon
    app.connect("autodoc-process-signature", _without_addresses)
    app.connect("autodoc-skip-member", _is_field)
    app.connect("missing-reference", _resolved)
    return {"parallel_read_safe": True}


# --- What is added to pages -------------------------------------------------------------------------------------------


def _complete(_: Sphinx, docname: str, source: list[str]) -> None:
    front = re.match(r"---\n(.*?)---\n", source[0], re.DOTALL)
    said = dict(re.findall(r"^(\w+): (.*)$", front[1], re.MULTILINE)) if front else {}
    if docname == "index":
        source[0] += "".join(_menu())
    elif docname == "reference/cli":
        source[0] += "".join(_commands())
    for number, room in enumerate(said.get("room", "").split()):
        brief = said.get("brief", "").split()
        left_out = ", ".join([*said.get("without", "").split(), *brief])
        title = f"\n\n## `{room}`" if number else ""
        options = f"\n   :exclude-members: {left_out}" if left_out and not number else ""
        classes = "".join(f"\n\n.. autoclass:: {room}.{one}\n   :no-members:" for one in brief if not number)
        source[0] += f"{title}\n\n```{{eval-rst}}\n.. automodule:: {room}{options}{classes}\n```\n"


def _menu() -> Iterator[str]:
    for title, folder in MENU.items():
        first = FIRST.get(folder, ())
        names = {path.stem for path in (HERE / folder).glob("*.md")}
        listed = [*(name for name in first if name in names), *sorted(names - {*first})]
        pages = "\n".join(f"{folder}/{name}" for name in listed)
        yield f"\n\n```{{toctree}}\n:hidden:\n:caption: {title}\n\n{pages}\n```\n"


def _commands() -> Iterator[str]:
    """The help of the program and of each of its commands, as printed 100 columns wide."""
    overview = _help()
    yield f"\n\n```text\n{overview}\n```\n"
    for name in re.findall(r"^ {4}([a-z]+)(?: {2,}|$)", overview, re.MULTILINE):
        yield f"\n\n## `clever-roster {name}`\n\n```text\n{_help(name)}\n```\n"


def _help(*command: str) -> str:
    told = io.StringIO()
    width = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "100"
    try:
        with redirect_stdout(told), suppress(SystemExit):
            cli.main([*command, "--help"])
    finally:
        if width is None:
            del os.environ["COLUMNS"]
        else:
            os.environ["COLUMNS"] = width
    return told.getvalue().strip()


# --- What autodoc should make of our docstrings -----------------------------------------------------------------------


def _as_plain_functions() -> None:
    """Show a flow as the method that callers meet: without the generator that it is written as."""
    for name in ("clever.operations", "oauth.login"):
        room = importlib.import_module(f"clever_roster.{name}")
        for kind in [
            value for value in vars(room).values() if inspect.isclass(value) and value.__module__ == room.__name__
        ]:
            for attribute, worn in list(vars(kind).items()):
                if is_flow(worn):
                    setattr(kind, attribute, _plain(attribute, worn))


def _plain(name: str, worn: Any) -> Any:
    def method() -> None:
        """Stand in."""

    method.__signature__ = signature_of(name, worn)  # type: ignore[attr-defined]
    method.__name__, method.__doc__ = name, worn.__doc__
    return method


def _readable(_: Sphinx, _kind: str, _name: str, _value: object, _options: object, lines: list[str]) -> None:
    """Say in reStructuredText what our docstrings say in plain text.

    Indented code becomes a literal block; a paragraph of `name: words` a list of attributes; and what is raised is one
    of our errors, whatever else has its name.
    """
    text = re.sub(r"::$", ":", "\n".join(lines), flags=re.MULTILINE)
    text = re.sub(r"(\A|\n\n)(?=(?: {4,}\S))", r"\1::\n\n", text)
    text = re.sub(r"(?<=\n\n)(?:[a-z_]+: .*\n(?: {4}.*\n)*){3,}", _as_attributes, text + "\n")
    text = re.sub(r"^Attributes:$", "Fields:", text, flags=re.MULTILINE)
    lines[:] = re.sub(r"(?<=^Raises:\n)(?:[ ]{4,}.*\n?)+", _as_ours, text, flags=re.MULTILINE).splitlines()


def _without_addresses(
    _: Sphinx, _kind: str, _name: str, _value: object, _options: object, written: str | None, answer: str | None
) -> tuple[str | None, str | None]:
    """A default that is a function by its name, one that has no short form as `...`."""
    named = re.sub(r"<function ([A-Za-z_]\w*)(?: at 0x\w+)?>", r"\1", written or "")
    return (re.sub(r"(?<== )<[^<>]*(?:<[^<>]*>)*[^<>]*>", "...", named) or written, answer)


def _is_field(_: Sphinx, _kind: str, _name: str, value: object, _skipped: bool, _options: object) -> bool | None:  # noqa: FBT001 - Sphinx's call
    """Whether it is a field: those are in the class's signature, and in the list that its docstring gives."""
    return repr(value).startswith("SLOTS") or None  # autodoc's sentinel, whose name differs from version to version


def _as_attributes(found: re.Match[str]) -> str:
    return "Attributes:\n" + re.sub(r"^", "    ", found[0].rstrip(), flags=re.MULTILINE) + "\n"


def _as_ours(found: re.Match[str]) -> str:
    names = "|".join(errors.__all__)
    return re.sub(rf"^( {{4}})({names}):", r"\1~clever_roster.errors.\2:", found[0], flags=re.MULTILINE)


# --- Names ------------------------------------------------------------------------------------------------------------


def _resolved(_: Sphinx, environment: Any, wanted: Any, shown: nodes.Element) -> nodes.Node | None:
    """Lead a name that was written from inside a room to the place where the room shows it.

    What exists and is shown nowhere (a type variable, an inner record) stays plain text; what does not exist is a
    warning, as it should be.
    """
    target: str = wanted["reftarget"]
    if wanted.get("refdomain") != "py" or not target.startswith("clever_roster."):
        return None
    module, _, last = target.rpartition(".")
    domain = environment.get_domain("py")
    shown_at = [
        name for name in domain.objects if name.rpartition(".")[2] == last and name.startswith("clever_roster.")
    ]
    if shown_at:
        best = domain.objects[min(shown_at, key=lambda name: (-nearness(name, target), name))]
        page, anchor = best.docname, best.node_id
    elif module in domain.modules:
        page, anchor = domain.modules[module].docname, domain.modules[module].node_id
    else:
        return shown if _exists(module, last) else None
    address = environment.app.builder.get_relative_uri(wanted["refdoc"], page)
    return nodes.reference("", "", shown, internal=True, refuri=f"{address}#{anchor}")


def _exists(module: str, name: str) -> bool:
    try:
        return hasattr(importlib.import_module(module), name)
    except ImportError:
        return False
