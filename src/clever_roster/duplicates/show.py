"""What is shown of a pair (a waterfall of its reasons) and of findings: tables of pairs, groups and large blocks.

The columns are stable. Ids only, unless names are asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

from clever_roster.display import Bar, Bars, Row, Table, Tone, View
from clever_roster.display.views import counted
from clever_roster.duplicates.findings import Findings, Pair
from clever_roster.duplicates.score import Zone
from clever_roster.model import AccountId, PersonName

__all__ = ["view_of_findings", "view_of_pair"]

PAIR_COLUMNS = ("first", "second", "zone", "weight", "probability", "reasons")
_TONES = {Zone.SURE: Tone.BAD, Zone.REVIEW: Tone.WARN, Zone.HINT: Tone.PLAIN, Zone.NEVER: Tone.GOOD}


def view_of_pair(pair: Pair, *, names: bool = False) -> View:
    """The reasons as a waterfall: bits for and against, from "two strangers" to the sum."""
    called, *reasons = pair.explain(names=names).splitlines()
    return View(
        title=f"Account {pair.first.account} and account {pair.second.account}",
        lead=called,
        tone=_TONES[pair.zone],
        facts=(
            ("zone", pair.zone.value),
            ("bits", round(pair.weight, 1)),
            ("probability", round(pair.probability, 4)),
            *((label.strip(), told.strip()) for label, _, told in (line.partition(":") for line in reasons)),
        ),
        parts=(
            Bars(
                caption="How the reasons add up; one bit doubles the odds, 0 is as likely as not",
                unit="bits",
                bars=tuple(
                    Bar(
                        label=reason.sentence,
                        amount=reason.weight,
                        tone=Tone.BAD if reason.forbids or reason.weight < 0 else Tone.GOOD,
                        instead="never" if reason.forbids else "",
                    )
                    for reason in pair.evidence
                ),
                result=Bar(label=f"together: {pair.zone.value}", amount=pair.weight, tone=Tone.PLAIN),
            ),
        ),
    )


def view_of_findings(findings: Findings, *, names: bool = False) -> View:
    """Tables `pairs`, `groups` (with what is suggested) and `missed`."""
    called: dict[AccountId, PersonName] = {}
    if names:
        called = {one.account: one.name for pair in findings.pairs for one in (pair.first, pair.second)}

    def pairs() -> Iterator[Row]:
        for pair in findings.pairs:
            reasons = "; ".join(reason.sentence for reason in pair.evidence[1:])
            told = (pair.zone.value, round(pair.weight, 2), round(pair.probability, 6), reasons)
            yield (*pair.accounts, *told, *(called[one].display() for one in pair.accounts if names))

    def groups() -> Iterator[Row]:
        for one in findings.suggestions:
            merge = " ".join(move.account for move in one.merge)
            named = (called[one.keep].display(),) if names else ()
            yield (one.keep, merge, one.zone.value, " ".join(one.because), *named)

    counts = {zone: len(findings.of(zone)) for zone in Zone}
    found = counts[Zone.SURE] + counts[Zone.REVIEW]
    return View(
        title="Duplicate accounts",
        lead=f"{counted(found, 'pair')} to decide about, in {counted(len(findings.clusters), 'group')}."
        if found
        else "No pair to decide about.",
        tone=Tone.WARN if found else Tone.GOOD,
        facts=tuple((zone.value, count) for zone, count in counts.items()),
        parts=(
            Table(
                name="pairs",
                caption="Pairs, the most probable first",
                columns=(*PAIR_COLUMNS, *(("first_name", "second_name") if names else ())),
                rows=pairs,
                count=len(findings.pairs),
                tone=lambda row: _TONES[Zone(str(row[2]))],
                drawn=(*(("first_name", "second_name") if names else ()), *PAIR_COLUMNS),
            ),
            Table(
                name="groups",
                caption="Accounts of one human each, and which to keep",
                columns=("keep", "merge", "zone", "because", *(("name",) if names else ())),
                rows=groups,
                count=len(findings.suggestions),
                tone=lambda row: _TONES[Zone(str(row[2]))],
            ),
            Table(
                name="missed",
                caption="Blocks too large to be compared in full",
                columns=("kind", "accounts", "left_out"),
                rows=lambda: ((one.kind, one.accounts, one.left_out) for one in findings.missed),
                count=len(findings.missed),
            ),
        ),
    )
