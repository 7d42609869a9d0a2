"""Which form the lists of what can be held have, and whether they are announced."""

from enum import StrEnum


class CatalogueForm(StrEnum):
    """
    How ``/Roles`` and ``/Entitlements`` are served.

    Attributes:
        UNLISTED: As draft-ietf-scim-roles-entitlements-01 has it; announced nowhere, as suites
            try to write to everything that is.
        LISTED: The same, announced.
        OKTA: In the schemas that Okta's governance looks for, announced.
        OFF: Not at all.
    """

    UNLISTED = "unlisted"
    LISTED = "listed"
    OKTA = "okta"
    OFF = "off"

    @property
    def is_announced(self) -> bool:
        """Whether discovery tells of it."""
        return self in (CatalogueForm.LISTED, CatalogueForm.OKTA)
