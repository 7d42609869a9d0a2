"""Instants as the database keeps them: canonical text."""

from datetime import datetime
from typing import overload


@overload
def from_text(text: str) -> datetime: ...
@overload
def from_text(text: None) -> None: ...


def from_text(text: str | None) -> datetime | None:
    """Return the instant that :func:`gateway.scim.text.instant` wrote as *text*."""
    return None if text is None else datetime.fromisoformat(text)
