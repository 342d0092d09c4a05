"""Add the evidence up: weight, probability, and how sure that makes us.

The weight of a pair is a sum in bits: the prior, log2(m/u) of each observation, a correction for families, and a
correction when another account fits as well and it cannot be both. Weight 0 is "as likely as not".
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import StrEnum
from math import fsum, log2

import attrs

from clever_roster.duplicates import weights as w
from clever_roster.duplicates.weights import Kind, Level, Observation

__all__ = ["Evidence", "Zone", "evidence_of", "prior", "probability", "rivalry", "weigh", "zone_of"]


class Zone(StrEnum):
    """What to do about a pair."""

    SURE = "sure"
    REVIEW = "review"
    HINT = "hint"
    NEVER = "never"


@attrs.frozen(kw_only=True)
class Evidence:
    """A reason for (weight above 0) or against (below 0) two accounts being one human.

    Attributes:
        weight: bits; one bit doubles the odds.
        sentence: plain words, without names.
        forbids: the reason is a veto: whatever the sum, the pair is never suggested.
    """

    kind: Kind
    weight: float
    sentence: str
    forbids: bool = False


def prior(crowd: float) -> float:
    """Bits for a pair of which nothing is known, among so many accounts."""
    return log2(2 * w.DUPLICATES_PER_ACCOUNT / crowd)


def learnt_prior(weights: Collection[float], size: int) -> float:
    """Bits to add to the prior, when so many accounts have pairs of such weights.

    The share of accounts that exist twice is the one thing that is learnt from the pairs themselves, by
    expectation-maximisation against `_STATED` duplicates that speak for the stated share. It is what tells a district
    without duplicates, in which namesakes look as alike as they do anywhere, from one that is full of them. The levels'
    m are not learnt: without labels that finds classmates of like names. Rounded, so that one account moves nothing;
    less than half a bit is not believed; and nothing is learnt where one account would be felt.
    """
    if size < _ENOUGH:
        return 0.0
    expected = w.DUPLICATES_PER_ACCOUNT * size + _STATED
    share = 1.0
    for _ in range(_ROUNDS):
        share = (fsum(probability(weight + log2(share)) for weight in weights) + _STATED) / expected
    bits = log2(share)
    return 0.0 if abs(bits) < _FELT else max(-_MOST, min(_MOST, round(2 * bits) / 2))


_ENOUGH, _STATED, _ROUNDS, _MOST, _FELT = 200, 3, 20, 6, 0.5


def weigh(observations: Iterable[Observation], crowd: float, *, siblings: bool = True) -> tuple[float, float]:
    """Weight of a pair among so many accounts, and the correction for families that is part of it."""
    same, family = 2 * w.DUPLICATES_PER_ACCOUNT / crowd, 2 * w.SIBLINGS_PER_ACCOUNT / crowd
    for level, share in observations:
        same *= level.m / share
        family *= level.siblings / share
    correction = -log2(1 + family) if siblings else 0.0
    return log2(same) + correction, correction


def probability(weight: float) -> float:
    """Chance that the pair is one human."""
    return 1 / (1 + 2.0**-weight) if weight > -500 else 0.0  # noqa: PLR2004 (2.0**500 still fits a float)


def rivalry(weights: Iterable[float]) -> float:
    """Correction when these other accounts, each excluding the one in question, fit with such weights."""
    return -log2(1 + fsum(2.0 ** min(weight, 500) for weight in weights))


def zone_of(weight: float, levels: Iterable[Level], *, forbidden: bool) -> Zone | None:
    """The zone of a pair that shows these levels; None when it is not worth mentioning."""
    if weight < w.LIKELY:
        return Zone.HINT if weight >= w.FAINT and not forbidden else None
    if forbidden:
        return Zone.NEVER
    shown = list(levels)
    enough = w.SURE - max(level.anchor for level in shown) + sum(level.doubt for level in shown)
    return Zone.SURE if weight >= enough else Zone.REVIEW


def evidence_of(
    observations: Collection[Observation], vetoes: Iterable[Level], *, before: float, family: float, rivals: float
) -> tuple[Evidence, ...]:
    """The reasons behind a weight: prior, vetoes, observations from the strongest down, corrections."""
    first = Evidence(kind=Kind.PRIOR, weight=before, sentence="two accounts, taken blindly, are rarely one child")
    forbidding = [Evidence(kind=Kind.VETO, weight=0.0, sentence=level.sentence, forbids=True) for level in vetoes]
    seen = [
        Evidence(kind=level.kind, weight=log2(level.m / share), sentence=level.sentence)
        for level, share in observations
    ]
    seen.sort(key=lambda reason: (-abs(reason.weight), reason.kind))
    corrections = [
        Evidence(kind=kind, weight=weight, sentence=sentence)
        for kind, weight, sentence in (
            (Kind.HOUSEHOLD, family, "brothers and sisters show much of this too"),
            (Kind.RIVAL, rivals, "another account fits too, and it cannot be both"),
        )
        if weight < -_WORTH_SAYING
    ]
    return (first, *forbidding, *seen, *corrections)


_WORTH_SAYING = 0.01
