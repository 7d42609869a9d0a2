"""The order of permissions, and what one on a project amounts to on its repositories."""

from collections.abc import Mapping

#: The slug of the group whose members administer the workspace.
ADMINISTRATORS = "administrators"

#: From nothing to the strongest permission; ``create-repo`` exists on projects only.
STRENGTH: Mapping[str, int] = {
    "": 0,
    "none": 0,
    "read": 1,
    "write": 2,
    "create-repo": 3,
    "admin": 4,
}

_ON_REPOSITORIES: Mapping[str, str] = {"create-repo": "write"}


def on_repositories(permission: str) -> str:
    """Return what *permission* on a project is on each repository of it."""
    return _ON_REPOSITORIES.get(permission, permission)
