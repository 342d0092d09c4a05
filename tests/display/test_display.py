"""How values look: the same rows everywhere, nobody named unless asked, readable on light and dark, and heard too."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from io import StringIO
from itertools import pairwise
from xml.etree import ElementTree as ET

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from clever_roster import display, duplicates, roster
from clever_roster.checks import check
from clever_roster.clever import CleverClient
from clever_roster.cli.drawing import draw
from clever_roster.display import Shown, Table, Tone, View
from clever_roster.display.theme import PALETTE, STYLE
from clever_roster.errors import ConfigurationError
from clever_roster.model import CLEVER, IdentityKey, Link, NewAccount, PersonName, Snapshot
from clever_roster.storage import MemoryStore
from clever_roster.testing import District, showcase

NOW = datetime(2026, 9, 14, 6, tzinfo=UTC)


@attrs.frozen(kw_only=True)
class Lived:
    """One of each value that is shown, from a school that has lived through an import and a bad night."""

    snapshot: Snapshot
    plan: roster.Plan
    report: roster.Report
    undone: roster.Undone
    pair: duplicates.Pair
    findings: duplicates.Findings
    surnames: frozenset[str]

    def all(self) -> list[Shown]:
        return [self.snapshot, self.plan, self.report, self.undone, self.pair, self.findings, check(self.snapshot)]


@pytest.fixture
def lived(clever: CleverClient, district: District, store: MemoryStore) -> Lived:
    who = showcase(district)
    with store.transaction() as ports:
        (teacher,) = ports.accounts.create([NewAccount(name=PersonName("Tia", "Teacher"))])
        ports.links.add([Link(key=IdentityKey(CLEVER, district.id, who.teacher), account=teacher, linked_at=NOW)])
    snapshot = clever.fetch_snapshot(district.id, who.sections[:2])
    wishes = {section: roster.Attachment(owner=teacher) for section in who.sections[:2]}
    with store.transaction() as ports:
        imported = roster.plan(ports, snapshot, attach=wishes)
        roster.apply(ports, imported, actor=teacher, now=NOW)
    fewer = {key: attrs.evolve(one, students=one.students[:2]) for key, one in snapshot.sections.items()}
    for _ in range(2):  # held in one night, and again in the next
        with store.transaction() as ports:
            plan = roster.plan(ports, attrs.evolve(snapshot, sections=fewer))
            report = roster.apply(ports, plan, actor=teacher, now=NOW)
    with store.transaction() as ports:
        profiles = duplicates.gather(ports)
        undone = roster.undo(ports, imported.digest, actor=teacher, now=NOW)
    pupil = next(one for one in profiles if one.account != teacher and one.birth_date and one.name.last)
    again = duplicates.Profile(account="home", name=pupil.name, birth_date=pupil.birth_date, emails=pupil.emails)
    findings = duplicates.find([*profiles, again])
    return Lived(
        snapshot=snapshot,
        plan=plan,
        report=report,
        undone=undone,
        pair=next(pair for pair in findings.pairs if "home" in pair.accounts),
        findings=findings,
        surnames=frozenset(one.name.last for one in snapshot.people.values() if len(one.name.last) > 3),
    )


def tables(drawn: str) -> list[ET.Element]:
    return ET.fromstring(drawn).findall(".//table")  # noqa: S314 - our own text


def test_nobody_is_named_unless_names_are_asked_for(lived: Lived) -> None:
    """In a notebook, as records and in a frame: ids only. Asked for, names stand beside the ids."""
    for value in lived.all():
        shown = [value._repr_html_(), repr(value)]
        shown += [str(value.records(one.name)) for one in value.view().parts if isinstance(one, Table)]
        assert not any(surname in text for surname in lived.surnames for text in shown), type(value)
    named = (lived.snapshot, lived.plan, lived.pair, lived.findings)
    for value in named:
        assert any(surname in display.html(value, names=True) for surname in lived.surnames), type(value)
    assert {"first", "last", "email", "birth_date"} <= lived.snapshot.records("people", names=True)[0].keys()
    assert {"first", "last", "email", "birth_date"}.isdisjoint(lived.snapshot.records("people")[0])


def test_what_is_drawn_is_well_formed_and_needs_nothing_from_elsewhere(lived: Lived) -> None:
    """No script, no address, no handler: it may be kept, mailed, and looked at without a network."""
    for value in lived.all():
        drawn = value._repr_html_()
        ET.fromstring(drawn)  # noqa: S314 - our own text
        assert not re.search(r"<script|<link|<img|@import|url\(|https?:|\son\w+=|javascript:", drawn)


def test_every_table_is_heard_with_its_caption_and_its_headers(lived: Lived) -> None:
    """WCAG 2.2, 1.3.1: a caption, a scope for each header, and the drawing hidden where numbers say the same."""
    for value in lived.all():
        for table in tables(value._repr_html_()):
            assert table.find("caption") is not None
            headers = table.findall(".//th")
            assert headers
            assert {one.get("scope") for one in headers} <= {"col", "row"}
            assert all(drawing.get("aria-hidden") == "true" for drawing in table.iter("svg"))
        for place in ET.fromstring(value._repr_html_()).iter("div"):  # noqa: S314
            if place.get("class") == "cr-wide":  # it scrolls: by keyboard too, and it says what it is
                assert (place.get("tabindex"), bool(place.get("aria-label"))) == ("0", True)


@given(st.text(), st.text())
def test_whatever_a_cell_holds_is_text(first: str, second: str) -> None:
    """Markup in a name is shown as it stands, in every place where text can stand."""
    table = Table(name="t", caption=first, columns=("a", "b"), rows=lambda: [(first, second)], count=1)
    bar = display.Bar(label=second, amount=1.0, tone=Tone.GOOD)
    bars = display.Bars(caption=second, unit=first, bars=(bar,), result=bar)
    view = View(title=first, lead=second, facts=((first, second),), parts=(table, bars))
    drawn = display.html(view).partition("</style>")[2]
    assert not {"<script", "<b", "<i>"} & set(re.findall(r"<\w+", drawn.replace("<table", "")))
    kept = re.sub(r"<[^<>]*>", "", drawn)
    assert "<" not in kept
    assert ">" not in kept


def test_markup_in_a_name_is_not_markup() -> None:
    """The usual attack, by a name that a child chose."""
    attack = '<img src=x onerror="alert(1)">'
    view = View(title=attack, facts=((attack, attack),), parts=())
    assert "<img" not in display.html(view)


def _luminance(colour: str) -> float:
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("role", ["ink", "faint", "good", "warn", "bad"])
def test_text_can_be_read_in_both_themes(theme: int, role: str) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1 on each ground that text stands on."""
    for ground in ("paper", "head"):
        assert _contrast(PALETTE[role][theme], PALETTE[ground][theme]) >= 4.5


def test_the_theme_follows_the_page_without_a_script() -> None:
    """The system's preference, the page's colour scheme, JupyterLab's and VS Code's own word for theirs."""
    for part in ("prefers-color-scheme:dark", "light-dark(", "data-jp-theme-light=false", "vscode-dark"):
        assert part in STYLE


def test_a_terminal_shows_the_rows_that_a_notebook_shows(lived: Lived) -> None:
    """One view, two surfaces."""
    for value in lived.all():
        out = Console(width=400, file=StringIO())
        draw(out, value.view(), most=100)
        text = out.file.getvalue()
        for table in tables(value._repr_html_()):
            for row in table.findall("./tbody/tr"):
                first = "".join(row[0].itertext())
                assert first in text


def test_columns_stay_the_same_in_every_release(lived: Lived) -> None:
    """Notebooks and jobs rely on them."""
    columns = {
        type(value).__name__: {part.name: part.columns for part in value.view().parts if isinstance(part, Table)}
        for value in lived.all()
    }
    step = (
        "step",
        "section",
        "origin",
        "person",
        "role",
        "account",
        "fields",
        "state",
        "rule",
        "why",
        "since",
        "nights",
    )
    held = ("rule", "section", "steps", "needs", "since", "nights", "why")
    assert columns["Snapshot"] == {
        "sections": ("section", "school", "term", "grade", "period", "teachers", "students", "doubt"),
        "people": ("person", "district", "roles", "grade", "schools", "legacy_id"),
        "enrollments": ("section", "person", "role"),
    }
    assert columns["Plan"] == {
        "held": held,
        "sections": ("section", "joins", "leaves", "changes", "held"),
        "steps": step,
        "proposals": ("kind", "section", "other_section", "person", "other_person", "sentence", "evidence"),
        "notes": ("section", "account", "sentence"),
    }
    assert columns["Report"] == {"done": ("step", "count"), "held": held, "steps": step}
    assert columns["Undone"] == {"kept": ("what",)}


def test_a_plan_says_what_waits_why_and_for_how_long(lived: Lived) -> None:
    """By reason and section, with its age in nights."""
    held = lived.plan.records("held")
    assert {one["rule"] for one in held} == {"mass_removal"}
    assert sum(one["steps"] for one in held) == len(lived.plan.held)
    assert {one["nights"] for one in held} == {1}
    assert {one["since"] for one in held} == {lived.snapshot.taken_at}
    sections = lived.plan.records("sections")
    assert sum(one["leaves"] for one in sections) == sum(one["held"] for one in sections) == len(lived.plan.held)
    steps = lived.plan.records()
    assert [one["step"] for one in steps] == [step.verb for step in lived.plan]
    assert {one["state"] for one in steps} == {"held"}


def test_a_waterfall_begins_each_bar_where_the_last_one_ended(lived: Lived) -> None:
    """From nothing to the sum, which is the pair's weight."""
    (bars,) = lived.pair.view().parts
    spans = bars.spans()
    assert spans[0][1] == 0
    assert all(one[2] == pytest.approx(other[1]) for one, other in pairwise(spans[:-1]))
    assert spans[-2][2] == pytest.approx(lived.pair.weight)
    assert spans[-1][1:] == (0, lived.pair.weight)
    assert len(tables(lived.pair._repr_html_())[0].findall("./tbody/tr")) == len(lived.pair.evidence) + 1


@pytest.mark.parametrize("backend", ["polars", "pandas", "pyarrow"])
def test_any_table_is_a_frame_of_the_callers_library(lived: Lived, backend: str) -> None:
    """All rows, all columns, in their order."""
    for value in lived.all():
        for part in value.view().parts:
            if isinstance(part, Table) and part.count:
                frame = value.to_frame(part.name, backend=backend)
                assert type(frame).__module__.partition(".")[0] == backend
                assert frame.shape == (part.count, len(part.columns))
    frame = lived.snapshot.to_frame("enrollments", backend=backend)
    assert frame.shape[0] == sum(len(one.enrollments()) for one in lived.snapshot.sections.values())


def test_what_cannot_be_made_is_said_with_what_would_help(lived: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another table, another library, one that is not installed, narwhals itself."""
    for table, backend, said in [
        ("nonsense", "polars", "Ask for one of: held, sections, steps, proposals, notes."),
        ("steps", "nonsense", "polars"),
        ("steps", "cudf", "pip install"),
    ]:
        with pytest.raises(ConfigurationError) as refused:
            lived.plan.to_frame(table, backend=backend)
        assert said in str(refused.value)
    monkeypatch.setitem(__import__("sys").modules, "narwhals", None)
    with pytest.raises(ConfigurationError, match="frames"):
        lived.plan.to_frame("steps")


def test_nothing_is_made_before_it_is_looked_at() -> None:
    """A district of a million is shown by its first rows; the others are not made."""
    made: list[int] = []

    def rows():
        for number in range(10**9):
            made.append(number)
            yield number, "x"

    table = Table(name="t", caption="Many", columns=("n", "x"), rows=rows, count=10**9)
    drawn = display.html(View(title="t", parts=(table,)), most=3)
    assert made == [0, 1, 2]
    assert "and 999999997 more" in drawn


def test_empty_columns_and_absent_facts_take_no_room() -> None:
    """What has nothing to say is not drawn; records have it all the same."""
    table = Table(name="t", caption="c", columns=("a", "b"), rows=lambda: [("x", None), ("y", "")], count=2)
    view = View(title="t", facts=(("known", 1), ("unknown", None)), parts=(table,))
    drawn = display.html(view)
    assert "unknown" not in drawn
    assert [one.text for one in tables(drawn)[0].findall("./thead/tr/th")] == ["a"]
    assert table.records() == [{"a": "x", "b": None}, {"a": "y", "b": ""}]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (True, "yes"),
        (0.5, "0.50"),
        (7, "7"),
        (date(2026, 9, 1), "2026-09-01"),
        (NOW, "2026-09-14 06:00 UTC"),
    ],
)
def test_cells_are_written_plainly(cell: object, text: str) -> None:
    """Nothing for None; instants with their zone; fractions with two digits."""
    from clever_roster.display.markup import text_of

    assert text_of(cell) == text
