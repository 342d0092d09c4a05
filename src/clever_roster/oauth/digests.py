"""What is kept instead of a secret: its digest, made for one purpose and useless for every other.

A state cannot pass for a ticket, nor a cookie for a code, because the purpose is part of what is digested (Auth.js
CVE-2023-48309: a cookie sealed for one purpose was accepted for another).
"""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256

__all__ = ["Label", "digest"]


class Label(StrEnum):
    """What a digest is for."""

    STATE = "state"
    BROWSER = "browser"
    CODE = "code"
    TICKET = "ticket"
    NONCE = "nonce"
    BOUNCE = "bounce"


def digest(label: Label, value: str) -> str:
    """64 hex digits of SHA-256 over the label and the value. The values are random, so they need no salt."""
    return sha256(f"clever_roster/{label}\0{value}".encode("utf-8", "surrogatepass")).hexdigest()
