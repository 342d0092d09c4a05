"""Our own tables, all named `clever_roster_...`; the only file that says which fields there are.

The same rows as in `clever_roster.storage.sqlalchemy.tables`, where it says why they are cut so. Rows have a number of
their own here, because Django's admin cannot show a row whose key is of several columns; what identifies a row is a
unique constraint. Deleting a user is refused while links, sections or enrollments name it: `privacy.forget` first.
"""

# ruff: noqa: D106, DJ001, DJ008 - Meta says what Django asks; NULL is "not said"; most rows are shown nowhere

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from clever_roster.model import SyncMode
from clever_roster.storage.django.fields import ExactField

__all__ = ["Attempt", "Code", "Enrollment", "JournalEntry", "Link", "Memo", "MirrorPerson", "MirrorSection", "Section"]


def _account() -> models.ForeignKey[models.Model, models.Model]:
    return models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")


class Attempt(models.Model):
    """A login in progress."""

    state_digest = ExactField(primary_key=True)
    browser_digest = ExactField(db_index=True)
    redirect_uri: models.Field[Any, Any] = models.TextField()
    return_to: models.Field[Any, Any] = models.TextField()
    expires_at: models.Field[Any, Any] = models.DateTimeField(db_index=True)
    account = ExactField(null=True)
    district = ExactField(null=True)
    restarts: models.Field[Any, Any] = models.IntegerField()
    purpose = ExactField()
    identity: models.Field[Any, Any] = models.TextField(null=True)

    class Meta:
        db_table = "clever_roster_attempts"


class Code(models.Model):
    """An authorization code that was seen."""

    code_digest = ExactField(primary_key=True)
    expires_at: models.Field[Any, Any] = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "clever_roster_codes"


class Link(models.Model):
    """An identity and its account."""

    provider = ExactField()
    district = ExactField()
    subject = ExactField()
    account = _account()
    linked_at: models.Field[Any, Any] = models.DateTimeField()
    roles = ExactField(default="", blank=True)

    class Meta:
        db_table = "clever_roster_links"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["provider", "district", "subject"], name="clever_roster_one_account")
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.subject}"


class Section(models.Model):
    """A section of the host."""

    name: models.Field[Any, Any] = models.TextField()
    owner = _account()
    provider = ExactField(null=True, blank=True)
    district = ExactField(null=True, blank=True)
    section = ExactField(null=True, blank=True)
    archived: models.Field[Any, Any] = models.BooleanField()
    gone: models.Field[Any, Any] = models.BooleanField(default=False)
    mode = ExactField(default=SyncMode.MIRROR.value)
    pins: models.Field[Any, Any] = models.TextField(default="", blank=True)

    class Meta:
        db_table = "clever_roster_sections"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["provider", "district", "section"], name="clever_roster_one_section")
        ]

    def __str__(self) -> str:
        return str(self.name)


class Enrollment(models.Model):
    """An account in a section of the host."""

    section: models.Field[Any, Any] = models.ForeignKey(
        Section, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    role = ExactField()
    account = _account()
    origin = ExactField()
    status = ExactField()
    since: models.Field[Any, Any] = models.DateTimeField()
    changed_at: models.Field[Any, Any] = models.DateTimeField()
    person = ExactField(null=True, blank=True)

    class Meta:
        db_table = "clever_roster_enrollments"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["section", "role", "account"], name="clever_roster_one_seat")
        ]


class MirrorSection(models.Model):
    """A section as the source described it last."""

    provider = ExactField()
    district = ExactField()
    key = ExactField()
    record: models.Field[Any, Any] = models.TextField()

    class Meta:
        db_table = "clever_roster_mirror_sections"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["provider", "district", "key"], name="clever_roster_one_mirror_section")
        ]


class MirrorPerson(models.Model):
    """A person as the source described them last."""

    provider = ExactField()
    district = ExactField()
    key = ExactField()
    record: models.Field[Any, Any] = models.TextField()

    class Meta:
        db_table = "clever_roster_mirror_people"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["provider", "district", "key"], name="clever_roster_one_mirror_person")
        ]


class JournalEntry(models.Model):
    """What was done to a roster. No foreign keys: it stays on record, whatever is done to the rows it names."""

    at: models.Field[Any, Any] = models.DateTimeField()
    plan = ExactField()
    actor = ExactField()
    verb = ExactField()
    section = ExactField()
    account = ExactField(null=True, blank=True)

    class Meta:
        db_table = "clever_roster_journal"
        verbose_name_plural = "journal"
        indexes: ClassVar = [models.Index(fields=["section", "id"], name="clever_roster_journal_section")]


class Memo(models.Model):
    """What the roster engine remembers from run to run."""

    key = ExactField(primary_key=True)
    text: models.Field[Any, Any] = models.TextField()
    version: models.Field[Any, Any] = models.IntegerField()

    class Meta:
        db_table = "clever_roster_memos"
