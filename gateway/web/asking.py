"""What a GET of resources asks, read from its request once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.scim.freshness import FreshnessWanted


@dataclass(frozen=True, slots=True)
class Asking:
    """
    A GET of resources, apart from whatever read its request.

    Attributes:
        endpoint: The rule of addresses that it is made to, as the log names it.
        token: The name of the token that opened the door.
        parameters: Every value of each parameter of the query, percent-decoded.
        base_url: The address of the service, without a slash at its end.
        freshness: How old the answer may be.
    """

    endpoint: str | None
    token: str
    parameters: Mapping[str, Sequence[str]]
    base_url: str
    freshness: FreshnessWanted
