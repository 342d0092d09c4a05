"""A plan as a letter: JSON text that another process, or another day, reads back as the very same plan.

The text holds names and birth dates, as the roster does: keep it where rosters are kept.
"""

from __future__ import annotations

from typing import Final

from clever_roster.errors import ConfigurationError
from clever_roster.model import (
    EnrollmentRole,
    Person,
    PersonName,
    Proof,
    Role,
    Section,
    Snapshot,
    Term,
)
from clever_roster.roster.diff import FieldChange
from clever_roster.roster.host import Attachment
from clever_roster.roster.limits import Limits
from clever_roster.roster.plan import Hold, Note, Plan, Proposal, ProposalKind, Rule, Step, Verb
from clever_roster.roster.written import Codec

__all__ = ["plan_from_json", "plan_to_json"]

CODEC: Final = Codec(
    (
        Attachment,
        EnrollmentRole,
        FieldChange,
        Hold,
        Limits,
        Note,
        Person,
        PersonName,
        Plan,
        Proof,
        Proposal,
        ProposalKind,
        Role,
        Rule,
        Section,
        Snapshot,
        Step,
        Term,
        Verb,
    )
)


def plan_to_json(plan: Plan) -> str:
    """The plan as JSON; equal plans give equal texts."""
    return CODEC.dumps(plan)


def plan_from_json(text: str) -> Plan:
    """The plan that `plan_to_json` wrote: equal to it, with the same digest.

    Raises:
        ConfigurationError: the text is no plan of this version.
    """
    plan = CODEC.loads(text)
    if not isinstance(plan, Plan):
        raise ConfigurationError("This is no plan.", next_step="Read a text that plan_to_json wrote.")
    return plan
