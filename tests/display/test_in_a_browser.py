"""What a notebook shows, in a real browser: no serious finding of axe, on light and on dark, each as it should be."""

from __future__ import annotations

import os
import shutil

import pytest

from clever_roster import duplicates
from clever_roster.checks import check
from clever_roster.clever import CleverClient
from clever_roster.display import Shown
from clever_roster.testing import District

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Shown</title>
</head><body {said}><main><h1>Shown</h1>{body}</main></body></html>"""

ROWS = [
    {"account": "17", "first": "Zuri", "last": "Wentiski", "birth_date": "2015-03-09", "email": "zuri@home.test"},
    {"account": "42", "first": "Zuri", "last": "Wentisky", "birth_date": "2015-03-09", "email": "zuri@home.test"},
]


@pytest.fixture(scope="module")
def chromium():
    """Debian's; a machine without one says so and goes on."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("no Chromium on this machine (apt-get install chromium)")
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with playwright.sync_playwright() as driver:
        launched = driver.chromium.launch(executable_path=found, args=[*root, "--disable-gpu"])
        yield launched
        launched.close()


@pytest.fixture
def values(clever: CleverClient, district: District) -> list[Shown]:
    snapshot = clever.fetch_snapshot(district.id, list(district.sections)[:4])
    findings = duplicates.find(duplicates.from_rows(ROWS))
    return [snapshot, check(snapshot), findings, findings.pairs[0]]


@pytest.mark.parametrize(
    ("system", "said", "dark"),
    [
        ("light", "", False),
        ("dark", "", True),
        ("light", 'data-jp-theme-light="false"', True),
        ("light", 'class="vscode-dark"', True),
        ("dark", 'data-jp-theme-light="true"', False),
    ],
    ids=["light", "dark", "JupyterLab dark", "VS Code dark", "JupyterLab light on a dark system"],
)
def test_what_is_shown_is_readable_and_heard_in_each_theme(
    *, chromium, values: list[Shown], system: str, said: str, dark: bool
) -> None:
    """axe finds nothing serious; the ground is dark where the page is, and light where it is not."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed").Axe()
    page = chromium.new_page(color_scheme=system)
    page.set_content(PAGE.format(said=said, body="".join(one._repr_html_() for one in values)))
    grave = [
        (one["id"], [node["html"] for node in one["nodes"]])
        for one in axe.run(page).response["violations"]
        if one["impact"] in {"serious", "critical"}
    ]
    assert grave == []
    ground = page.locator(".clever-roster").first.evaluate("one => getComputedStyle(one).backgroundColor")
    is_dark = sum(map(int, ground.removeprefix("rgb(").removesuffix(")").split(","))) < 200
    assert is_dark is dark
    page.close()


def test_the_wide_tables_scroll_by_keyboard(chromium, values: list[Shown]) -> None:
    """A narrow window: the page stays as wide as it is, the table scrolls in its place and can be focused."""
    page = chromium.new_page(viewport={"width": 420, "height": 700})
    page.set_content(PAGE.format(said="", body=values[0]._repr_html_()))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    wide = page.locator(".cr-wide").first
    assert wide.evaluate("one => one.scrollWidth > one.clientWidth")
    wide.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("document.querySelector('.cr-wide').scrollLeft > 0")
    page.close()


JUPYTER = """<style>
.jp-RenderedHTMLCommon:not(.jp-RenderedMarkdown) td {text-align:right;border:none;background:red;padding:.5em}
.jp-RenderedHTMLCommon tbody tr:nth-child(odd) {background:red}
.jp-RenderedHTMLCommon table {table-layout:fixed;margin-left:auto}
</style>"""


def test_a_notebooks_own_rules_for_tables_do_not_spoil_ours(chromium, values: list[Shown]) -> None:
    """JupyterLab aligns cells to the right and stripes rows; text stays on the left, on our ground."""
    page = chromium.new_page()
    body = f'{JUPYTER}<div class="jp-RenderedHTMLCommon">{values[1]._repr_html_()}</div>'
    page.set_content(PAGE.format(said="", body=body))
    style = "one => [getComputedStyle(one).textAlign, getComputedStyle(one).backgroundColor]"
    clear = "rgba(0, 0, 0, 0)"
    assert page.locator(".clever-roster tbody td:not(.cr-number)").first.evaluate(style) == ["left", clear]
    assert page.locator(".clever-roster tbody td.cr-number").first.evaluate(style) == ["right", clear]
    assert page.locator(".clever-roster tbody tr").first.evaluate(style)[1] == clear
    page.close()
