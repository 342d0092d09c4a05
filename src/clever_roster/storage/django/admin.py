"""Pages to look at, not to change: rows are written through the ports, which keep the laws.

Attempts, codes and what a source says of people are not shown: they are secrets' digests and children's records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from clever_roster.storage.django.models import Enrollment, JournalEntry, Link, Section

__all__ = ["Pages"]

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    _ModelAdmin = admin.ModelAdmin


class Pages(_ModelAdmin):
    """Nothing is added, changed or deleted here."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002
        """Nobody may."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        """Nobody may."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:  # noqa: ARG002
        """Nobody may."""
        return False


@admin.register(Link)
class _Links(Pages):
    list_display = (
        "provider",
        "district",
        "subject",
        "account",
        "linked_at",
    )
    list_filter = ("provider",)
    search_fields = (
        "=subject",
        "=district",
        "=account__pk",
    )
    list_select_related = ("account",)


@admin.register(Section)
class _Sections(Pages):
    list_display = (
        "name",
        "owner",
        "provider",
        "district",
        "section",
        "mode",
        "archived",
    )
    list_filter = (
        "archived",
        "gone",
        "mode",
    )
    search_fields = (
        "name",
        "=section",
        "=district",
    )
    list_select_related = ("owner",)


@admin.register(Enrollment)
class _Enrollments(Pages):
    list_display = (
        "section",
        "role",
        "account",
        "origin",
        "status",
        "changed_at",
    )
    list_filter = (
        "role",
        "origin",
        "status",
    )
    search_fields = (
        "=person",
        "=account__pk",
        "=section__pk",
    )
    list_select_related = (
        "section",
        "account",
    )


@admin.register(JournalEntry)
class _Journal(Pages):
    list_display = (
        "at",
        "verb",
        "section",
        "account",
        "actor",
        "plan",
    )
    list_filter = ("verb",)
    search_fields = (
        "=section",
        "=account",
        "=plan",
    )
