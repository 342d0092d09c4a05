"""The app, as Django registers it."""

from __future__ import annotations

from django.apps import AppConfig
from django.core.checks import Tags, register

from clever_roster.storage.django.checks import check_database, check_settings

__all__ = ["CleverRosterConfig"]


class CleverRosterConfig(AppConfig):
    """Our tables beside the project's own."""

    name = "clever_roster.storage.django"
    label = "clever_roster"
    verbose_name = "Clever roster"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks."""
        register(check_settings, Tags.models)
        register(check_database, Tags.database)
