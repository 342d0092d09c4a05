"""The notebooks run, from an empty kernel to the end, and show what they promise; they are kept without outputs."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

FOLDER = Path(__file__).parents[2] / "notebooks"
NAMES = ["data-check", "plan-review", "duplicates"]


@pytest.fixture(scope="module")
def kernels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kernel that is the Python which runs the tests, wherever other kernels may be installed."""
    place = tmp_path_factory.mktemp("jupyter")
    spec = place / "kernels" / "these-tests" / "kernel.json"
    spec.parent.mkdir(parents=True)
    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": command, "display_name": "these tests", "language": "python"}))
    return place


@pytest.fixture
def drawn(request: pytest.FixtureRequest, kernels: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What each code cell of a notebook shows, as HTML; a cell that fails fails the test."""
    monkeypatch.setenv("JUPYTER_PATH", str(kernels))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("PYTHONWARNINGS", "default")
    notebook = nbformat.read(FOLDER / f"{request.param}.ipynb", as_version=4)
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=60, kernel_name="these-tests", resources=resources).execute()
    shown = [one.get("data", {}) for cell in notebook.cells for one in cell.get("outputs", [])]
    return ["".join(one.get("text/html", one.get("text/plain", ""))) for one in shown]


def captions(drawn: list[str]) -> list[list[str]]:
    return [re.findall(r"<caption>(.*?)</caption>", one) for one in drawn]


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_kept_without_outputs(name: str) -> None:
    """What a run has shown may hold more than is meant to be kept; and a diff shows what was changed."""
    notebook = nbformat.read(FOLDER / f"{name}.ipynb", as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)
    assert {*notebook.metadata} <= {"kernelspec", "language_info"}


@pytest.mark.parametrize("drawn", ["data-check"], indirect=True)
def test_a_data_check_finds_what_is_wrong_and_hands_it_on(drawn: list[str]) -> None:
    """The snapshot, the findings, both kinds of frames; names in the last drawing alone."""
    shown = captions(drawn)
    assert ["Sections", "People"] in shown
    assert ["What was found, the worst first"] in shown
    findings = next(one for one in drawn if "the worst first" in one)
    for code in ("odd_grade", "odd_email", "duplicate_email", "no_email"):
        assert f'<th scope="row">{code}</th>' in findings
    assert any("dataframe" in one and "places" in one for one in drawn)  # pandas
    assert any("without_email" in one for one in drawn)  # polars
    assert '<th scope="col">first</th>' not in drawn[shown.index(["Sections", "People"])]
    assert '<th scope="col">first</th>' in drawn[-1]


@pytest.mark.parametrize("drawn", ["plan-review"], indirect=True)
def test_a_plan_is_shown_held_approved_and_undone(drawn: list[str]) -> None:
    """Each with what it says of itself."""
    leads = [re.findall(r'<p class="cr-lead cr-(\w+)">(.*?)</p>', one) for one in drawn]
    said = [lead for one in leads for lead in one]
    assert said[0] == ("good", "Nothing is held.")
    assert said[1] == ("good", "Done.")
    waiting = [one for one in said if "waiting for a person" in one[1]]
    assert [tone for tone, _ in waiting] == ["warn", "warn"]
    assert said[-2:] == [("good", "Done."), ("good", "Taken back.")]
    held = next(one for one in drawn if "What waits, and why" in one)
    assert "mass_removal" in held
    assert "would leave at once" in held


@pytest.mark.parametrize("drawn", ["duplicates"], indirect=True)
def test_duplicates_are_found_drawn_and_decided(drawn: list[str]) -> None:
    """Pairs and groups, a waterfall of reasons, namesakes that stay two."""
    assert ["Pairs, the most probable first", "Accounts of one human each, and which to keep"] in captions(drawn)
    falls = [one for one in drawn if "How the reasons add up" in one]
    assert len(falls) == 2
    assert all(one.count("<svg") == one.count("<rect") >= 5 for one in falls)
    assert "Never one" in falls[1]
    assert "never</td>" in falls[1]
    assert drawn[-2] == "[(('101', '102'), 'never')]"
    assert not any("<script" in one for one in drawn)
