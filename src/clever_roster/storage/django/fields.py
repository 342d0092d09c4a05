"""Text compared and ordered byte for byte, whatever the locale of the database is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

__all__ = ["ExactField"]

if TYPE_CHECKING:
    _Text = models.CharField[Any, Any]
else:
    _Text = models.CharField

_BYTEWISE = {"postgresql": "C"}  # SQLite compares so by itself


class ExactField(_Text):
    """An id, a digest or a word of ours, of 255 characters at most. `db_collation` could not say it for each vendor."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 255)
        super().__init__(*args, **kwargs)

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        """The column as its vendor has it."""
        return {**super().db_parameters(connection), "collation": _BYTEWISE.get(connection.vendor)}
