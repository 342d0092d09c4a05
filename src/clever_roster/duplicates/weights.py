"""How much each observation says: Fellegi and Sunter's log2(m/u), with the shares that we state beforehand.

m is the share of duplicates that show an observation, u the share of other pairs. u is counted in the population at
hand (see `population`); m is stated here, because a district has no labelled pairs, and because estimating both
without labels finds "classmates with a like name" rather than "one child twice".

Next to strangers there is a second kind of other pair: brothers and sisters, who share surname, address, school and
sometimes birthday. What *they* show is the third column. One sum over both kinds keeps agreement on surname, address
and birthday from counting three times.

Only observations that are possible at all are compared: given that one surname is an initial, m is the share of
duplicates whose initials agree. The numbers are round on purpose; they are opinions, to be read and argued with.
"""

from __future__ import annotations

from enum import StrEnum
from math import log2

import attrs

__all__ = [
    "CONTESTED",
    "DUPLICATES_PER_ACCOUNT",
    "FAINT",
    "LIKELY",
    "SIBLINGS_PER_ACCOUNT",
    "SURE",
    "Kind",
    "Level",
    "Observation",
]

DUPLICATES_PER_ACCOUNT = 0.03
"""Prior: pairs that are one human, per account."""

SIBLINGS_PER_ACCOUNT = 0.06
"""Prior: pairs that are brothers or sisters, per account."""

SURE = 3.5
"""Weight from which a pair is surely one human when nothing but names, school and dates ties the two together; a
district has namesakes. An anchor lowers it, a doubt raises it. Set by looking at made-up districts of one family; with
other seeds, and in another family, one sure pair in a hundred or fewer is wrong."""

CONTESTED = -1.0
"""Correction for rivals from which a human decides: some other account is likelier than not, and both cannot be."""

LIKELY = -1.0
"""Weight from which a human should look: one human in at least one case of three."""

FAINT = log2(0.03 / 0.97)
"""Weight from which a pair is worth a hint, when somebody is searching."""


NEVER_SURE = 1000.0
"""Doubt that no weight outweighs."""


class Kind(StrEnum):
    """What was compared."""

    GIVEN_NAME = "given name"
    FAMILY_NAME = "family name"
    NAMESAKES = "namesakes"
    CLASS = "class"
    ABSENCE = "absence"
    IDENTITY = "identity"
    NUMBER = "number"
    BIRTH_DATE = "birth date"
    EMAIL = "email"
    FURTHER = "further"
    ACTIVITY = "activity"
    ROLE = "role"
    HOUSEHOLD = "household"
    RIVAL = "rival"
    PRIOR = "prior"
    DECISION = "decision"
    VETO = "veto"


@attrs.frozen(eq=False)
class Level:
    """One thing that a comparison can show.

    Attributes:
        m: share among duplicates.
        siblings: share among brothers and sisters.
        sentence: for a teacher, without names.
        doubt: so many bits more are asked for before a pair that shows it is sure; `NEVER_SURE` is never.
        anchor: it ties two accounts to one human by more than a name, so that so many bits less are asked for.
    """

    kind: Kind
    m: float
    siblings: float
    sentence: str
    doubt: float = 0.0
    anchor: float = 0.0


Observation = tuple[Level, float]
"""What was seen, and the share of strangers (u) that show it."""


_GIVEN = Kind.GIVEN_NAME
GIVEN_SAME = Level(_GIVEN, 0.72, 0.0005, "the given names are the same")
GIVEN_SHORT = Level(_GIVEN, 0.1, 0.001, "one given name is a short form of the other")
GIVEN_FORMS = Level(
    _GIVEN, 0.1, 0.001, "the given names are forms of one name, and each is a name of its own", doubt=NEVER_SURE
)
GIVEN_KIN = Level(
    _GIVEN, 0.08, 0.002, "one given name is a short form of the other, and both are usual names here", doubt=NEVER_SURE
)
GIVEN_INITIAL = Level(_GIVEN, 0.95, 0.1, "one given name is the initial of the other")
GIVEN_PART = Level(_GIVEN, 0.05, 0.004, "one given name is a part of the other")
GIVEN_WITHIN = Level(
    _GIVEN, 0.05, 0.004, "one given name begins like the other, but both are names of their own", doubt=NEVER_SURE
)
GIVEN_MIDDLE = Level(_GIVEN, 0.03, 0.004, "one goes by the other's middle name")
GIVEN_TYPO = Level(_GIVEN, 0.08, 0.01, "the given names differ by a slip of the pen or a spelling")
GIVEN_RHYME = Level(
    _GIVEN, 0.08, 0.01, "the given names differ by a slip of the pen in the first letter, or rhyme", doubt=NEVER_SURE
)
GIVEN_SPELT = Level(_GIVEN, 0.08, 0.0005, "the given names are one name in two spellings")
GIVEN_ALIKE = Level(
    _GIVEN, 0.015, 0.01, "the given names look alike, but both are names of their own", doubt=NEVER_SURE
)
GIVEN_OTHER = Level(_GIVEN, 0.03, 0.95, "the given names differ", doubt=NEVER_SURE)
SWAPPED = Level(_GIVEN, 0.03, 0.00001, "given and family name stand in each other's place")

NAMES_TOGETHER = Level(
    Kind.NAMESAKES, 1.0, 1.0, "given names and surnames go together here, so that there are namesakes"
)
"""Two names that agree; its u is above 1, and undoes the product of two frequencies (see `namesakes`)."""

_FAMILY = Kind.FAMILY_NAME
FAMILY_SAME = Level(_FAMILY, 0.8, 0.88, "the surnames are the same")
FAMILY_PART = Level(_FAMILY, 0.1, 0.05, "one surname is a part of the other", doubt=1.0)
FAMILY_HALF = Level(_FAMILY, 0.01, 0.05, "one of two surnames is the same, and each has another one", doubt=NEVER_SURE)
FAMILY_INITIAL = Level(_FAMILY, 0.97, 0.93, "one surname is the initial of the other")
FAMILY_SPELT = Level(_FAMILY, 0.07, 0.02, "the surnames are one name in two spellings")
FAMILY_TYPO = Level(_FAMILY, 0.07, 0.01, "the surnames differ by a slip of the pen or a spelling")
FAMILY_OTHER = Level(_FAMILY, 0.04, 0.06, "the surnames differ", doubt=NEVER_SURE)

# Class, school, grade and roster are one fact: children of one class are of one school and one grade, and most are
# listed by the same source, which makes them two people. They count once; u counts those who are not so excluded.
_CLASS = Kind.CLASS
TOGETHER = Level(_CLASS, 0.45, 0.03, "they are in the same classes, where no roster lists both", anchor=1.0)
SAME_TEACHER = Level(_CLASS, 0.15, 0.06, "they have a teacher in common", anchor=0.4)
SAME_GRADE = Level(_CLASS, 0.45, 0.06, "same school and grade")
NEXT_GRADE = Level(_CLASS, 0.3, 0.1, "same school, one grade apart")
SAME_SCHOOL = Level(_CLASS, 0.85, 0.6, "same school", doubt=1.0)
FAR_GRADE = Level(_CLASS, 0.01, 0.35, "same school, but grades far apart", doubt=4.0)
OTHER_SCHOOL = Level(_CLASS, 0.1, 0.4, "they are in different schools", doubt=4.0)
ANYWHERE = Level(Kind.IDENTITY, 0.95, 0.6, "no source lists both")

# Among strangers of one class or school all this is a matter of course: u is 1. Here m is the most that is believed of
# duplicates; where the lists of the classes at hand turn out complete, it is lower (see `absences`).
_ABSENCE = Kind.ABSENCE
ONE_LEFT_OUT = Level(_ABSENCE, 1.0, 1.0, "one is in a class without the other, whose source has that class too")
EACH_LEFT_OUT = Level(
    _ABSENCE, 0.7, 1.0, "each is in classes without the other, whose source has these classes too", doubt=2.0
)
EACH_LEFT_OUT_BY_HAND = Level(
    _ABSENCE, 0.2, 1.0, "each is in classes without the other, and at least one of them is in no roster", doubt=3.0
)
PARTED = Level(
    _ABSENCE, 1.0, 1.0, "they are in different classes, and the source of one has those of the other too", doubt=1.0
)
TOO_MANY_CLASSES = Level(_ABSENCE, 1.0, 1.0, "one child would be in more classes than any child there is", doubt=4.0)

_IDENTITY = Kind.IDENTITY
NEW_ID = Level(_IDENTITY, 0.25, 0.02, "one has an id that its source lists no longer, the other a new one", anchor=1.5)

REPLACED = Level(_IDENTITY, 0.9, 0.0005, "their source says that one id took the other's place", anchor=1.0)

_NUMBER = Kind.NUMBER
NUMBER_SAME = Level(_NUMBER, 0.9, 0.0005, "a student number or id of the district is the same", anchor=1.0)
SIS_ID_CHANGED = Level(_NUMBER, 0.5, 1.0, "the ids in the district's student system differ", doubt=NEVER_SURE)
# Clever gives a person a new id when the sis id changes, so where one id is new the other differs too. It may still be
# that of somebody else: more is asked for.
SIS_ID_RENEWED = Level(_NUMBER, 0.5, 1.0, "the ids in the district's student system differ, as new ids do", doubt=2.0)

_BORN = Kind.BIRTH_DATE
BORN_SAME = Level(_BORN, 0.92, 0.15, "same birthday", anchor=1.0)
BORN_SLIP = Level(_BORN, 0.07, 0.04, "the birthdays differ by one digit, or day and month are swapped", doubt=2.0)
BORN_WRONG = Level(Kind.BIRTH_DATE, 0.03, 0.9, "the birthdays differ, but two further fields agree", doubt=NEVER_SURE)

_EMAIL = Kind.EMAIL
EMAIL_SAME = Level(_EMAIL, 0.2, 0.35, "the same email address", anchor=1.0)
LOCAL_PART_SAME = Level(_EMAIL, 0.25, 0.0005, "the email addresses are the same before the @", anchor=1.0)

_ACTIVITY = Kind.ACTIVITY
SUCCESSION = Level(_ACTIVITY, 0.55, 0.2, "one account fell silent before the other began")
SIDE_BY_SIDE = Level(_ACTIVITY, 0.45, 0.8, "both accounts were used in the same time")

OTHER_ROLE = Level(Kind.ROLE, 0.02, 0.1, "one teaches, the other learns", doubt=NEVER_SURE)

SAID_SAME = Level(Kind.DECISION, 1.0, 1e-6, "somebody said that they are the same")
SAID_SAME_SHARE = 1e-6
"""How often somebody says so of strangers; it outweighs what else there is."""

# What makes a pair impossible. The weight is left as it is: a veto is not a large number, it is a reason.
_VETO = Kind.VETO
LISTED_TOGETHER = Level(_VETO, 0, 1, "one source lists both in the same class at the same time")
TWO_LIVE_IDS = Level(_VETO, 0, 1, "one source lists both in the same district, as two people")
NUMBERS_DIFFER = Level(_VETO, 0, 1, "they have two different student numbers in one district")
BORN_OTHERWISE = Level(_VETO, 0, 1, "the birthdays differ by more than a slip")
SIBLINGS = Level(_VETO, 0, 1, "same family, but two different given names: brothers, sisters or twins")
SAID_APART = Level(_VETO, 0, 1, "somebody said that they are not the same")
