"""Accounts in and pairs out as plain rows, or as any DataFrame; and the model as Splink settings.

A row is a mapping of column to value, as `csv.DictReader` or `frame.to_dicts()` give it. DataFrames of pandas, Polars,
DuckDB and others go through narwhals, which is only needed when a frame is met.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from importlib import import_module
from typing import Any

from clever_roster.duplicates import weights as w
from clever_roster.duplicates.findings import Findings
from clever_roster.duplicates.profile import Profile
from clever_roster.duplicates.weights import Level
from clever_roster.errors import ConfigurationError
from clever_roster.model import AccountId, PersonName, SchoolId

__all__ = ["from_frame", "from_rows", "splink_settings", "to_frame", "to_rows"]

_COLUMNS = ("account", "first", "last", "middle", "email", "birth_date", "grade", "school")


def from_rows(rows: Iterable[Mapping[str, object]]) -> Iterator[Profile]:
    """Make a profile of each row.

    Args:
        rows: with `account`, `first` and `last`, and, where known, `middle`, `email`, `birth_date` (a date, or
            "YYYY-MM-DD"), `grade` and `school`; every other column is a further field. Empty and missing are the same.

    Raises:
        ConfigurationError: a row has no `account`.
    """
    for number, row in enumerate(rows, 1):
        known = {column: text for column, value in row.items() if (text := _text(value))}
        if "account" not in known:
            raise ConfigurationError(f"Row {number} has no account.", next_step="Name that column `account`.")
        yield Profile(
            account=AccountId(known["account"]),
            name=PersonName(known.get("first", ""), known.get("last", ""), known.get("middle", "")),
            emails=(known["email"],) if "email" in known else (),
            birth_date=_day(row.get("birth_date")),
            grade=known.get("grade"),
            schools=(SchoolId(known["school"]),) if "school" in known else (),
            further={column: text for column, text in known.items() if column not in _COLUMNS},
        )


def to_rows(findings: Findings) -> list[dict[str, object]]:
    """One row for each pair: the two accounts, zone, bits, probability, and the reasons in one text without names."""
    return [
        {
            "first": pair.first.account,
            "second": pair.second.account,
            "zone": pair.zone.value,
            "weight": pair.weight,
            "probability": pair.probability,
            "reasons": "; ".join(reason.sentence for reason in pair.evidence[1:]),
        }
        for pair in findings.pairs
    ]


def from_frame(frame: object) -> Iterator[Profile]:
    """Make profiles of any DataFrame that narwhals knows; its columns as in `from_rows`."""
    eager = import_module("narwhals").from_native(frame, eager_only=True)
    return from_rows(eager.iter_rows(named=True))


def to_frame(findings: Findings, like: object) -> Any:
    """Make a DataFrame of the kind of `like` of the rows of `to_rows`."""
    narwhals = import_module("narwhals")
    rows = to_rows(findings)
    columns = ("first", "second", "zone", "weight", "probability", "reasons")
    kind = narwhals.get_native_namespace(like)
    return narwhals.from_dict({column: [row[column] for row in rows] for column in columns}, backend=kind).to_native()


def splink_settings(accounts: int) -> dict[str, object]:
    """Say what this model believes as a Splink settings dictionary, for whoever has outgrown one machine.

    It is what a general tool can take over: names, birthday, address, school and the prior. The columns are those of
    `from_rows`. What is known of classes, rosters, twins and rivals has no place there.

    Args:
        accounts: how many there are.
    """
    comparisons = [
        _compared("first", [("exact", w.GIVEN_SAME, 0.005), ("near", w.GIVEN_TYPO, 0.005)]),
        _compared("last", [("exact", w.FAMILY_SAME, 0.001), ("near", w.FAMILY_TYPO, 0.003)]),
        _compared("birth_date", [("exact", w.BORN_SAME, 1 / 3650), ("near", w.BORN_SLIP, 0.01)]),
        _compared("email", [("exact", w.EMAIL_SAME, 1 / max(accounts, 2))]),
        _compared("school", [("exact", w.SAME_SCHOOL, 0.02)]),
    ]
    rules = (("first", "last"), ("school", "last"), ("school", "first"), ("birth_date", "last"), ("email",))
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "account",
        "probability_two_random_records_match": min(2 * w.DUPLICATES_PER_ACCOUNT / max(accounts, 2), 0.5),
        "comparisons": comparisons,
        "blocking_rules_to_generate_predictions": [
            {"blocking_rule": " AND ".join(f"l.{column} = r.{column}" for column in rule), "sql_dialect": "duckdb"}
            for rule in rules
        ],
    }


def _compared(column: str, levels: Iterable[tuple[str, Level, float]]) -> dict[str, object]:
    chosen = list(levels)
    conditions = {
        "exact": f"{column}_l = {column}_r",
        "near": f"damerau_levenshtein(CAST({column}_l AS VARCHAR), CAST({column}_r AS VARCHAR)) <= 1",
    }
    described: list[dict[str, object]] = [
        {"sql_condition": f"{column}_l IS NULL OR {column}_r IS NULL", "is_null_level": True}
    ]
    for how, level, strangers in chosen:
        exact = {"tf_adjustment_column": column, "tf_adjustment_weight": 1.0} if how == "exact" else {}
        described.append(
            {
                "sql_condition": conditions[how],
                "m_probability": level.m,
                "u_probability": strangers,
                "label_for_charts": level.sentence,
                **exact,
            }
        )
    rest_m = max(1 - sum(level.m for _, level, _ in chosen), 0.01)
    rest_u = 1 - sum(strangers for _, _, strangers in chosen)
    described.append({"sql_condition": "ELSE", "m_probability": rest_m, "u_probability": rest_u})
    return {"output_column_name": column, "comparison_levels": described}


def _text(value: object) -> str:
    """Write a cell as text; nothing, and what is not a number, is empty."""
    return "" if value is None or value != value else str(value).strip()  # noqa: PLR0124 - NaN, without importing pandas


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date() if value == value else None  # noqa: PLR0124 - pandas' NaT
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(_text(value)[:10])
    except ValueError:
        return None
