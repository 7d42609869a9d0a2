"""What Bitbucket may do one way or another, as switches: a client has to live with either."""

from dataclasses import dataclass
from enum import StrEnum


class Paging(StrEnum):
    """How lists are continued."""

    NUMBERED = "numbered"
    MIXED = "mixed"
    OPAQUE = "opaque"


@dataclass(frozen=True, slots=True)
class Behaviour:
    """
    The side of every question that documentation leaves open.

    Attributes:
        paging: ``MIXED`` continues lists of permissions with opaque cursors, all others by number.
        page_details: Whether ``size``, ``page`` and ``previous`` come with a page.
        largest_page: How many things a page holds, whatever more is asked for.
        rights_by_names: Whether the rights on several repositories can be asked for by name.
        embedded_account_status: Whether an account inside another object says its status.
        retry_after: Whether 429 says when to come back.
        workspace_uuid_on_1_0_status: How 1.0 refuses a UUID in the place of a slug.
        access_token_on_1_0_status: How 1.0 refuses a workspace access token.
        access_token_user_status: How ``/2.0/user`` answers a workspace access token, 200 or 403.
        seat_limit: The members who may have access, by the plan; None for no limit.
        renaming_changes_slug: Whether a group that is renamed has another slug.
        moved_administration_status: How 1.0 refuses to change groups that are administered at
            admin.atlassian.com, 403 or 405.
        keeps_empty_invitations: Whether an invitation stays that was withdrawn from its last group.
        accepts_invitations: Whether whoever is invited accepts at once.
        hourly_limit: Calls in a rolling hour for each credential and group of resources;
            None for no limit.
        scaled_limits: Whether ``/2.0/repositories`` allows more to a workspace of over 100 seats.
        latency_seconds: How long every answer takes at least.
    """

    paging: Paging = Paging.MIXED
    page_details: bool = True
    largest_page: int = 100
    rights_by_names: bool = True
    embedded_account_status: bool = True
    retry_after: bool = True
    workspace_uuid_on_1_0_status: int = 405
    access_token_on_1_0_status: int = 401
    access_token_user_status: int = 403
    seat_limit: int | None = None
    renaming_changes_slug: bool = True
    moved_administration_status: int = 403
    keeps_empty_invitations: bool = False
    accepts_invitations: bool = False
    hourly_limit: int | None = 1000
    scaled_limits: bool = True
    latency_seconds: float = 0.0
