"""How accounts, repositories and workspaces are named in a path."""

import re
from dataclasses import dataclass
from typing import Final

_UUID: Final = re.compile(r"\{?([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12})\}?")


@dataclass(slots=True)
class Identity:
    """The UUID and the slug of the workspace, as they were told last, if they were."""

    uuid: str | None
    slug: str | None


def bare_uuid(text: str) -> str | None:
    """Return the UUID that *text* is, in lower case and without braces; None if it is none."""
    found = _UUID.fullmatch(text)
    return found[1].lower() if found else None


def braced_uuid(uuid: str) -> str:
    """Return *uuid* as Bitbucket writes it."""
    return f"{{{uuid}}}"


def in_path(text: str) -> str:
    """Return *text* as Bitbucket wants it: a UUID in braces, a slug or account id as it is."""
    uuid = bare_uuid(text)
    return text if uuid is None else braced_uuid(uuid)
