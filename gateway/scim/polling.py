"""Polling for security events (RFC 8936), and the seam to who keeps them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_load, validate

from gateway.scim.errors import InvalidSyntax, InvalidValue
from gateway.scim.fields import Literal

#: The most ids in ack and in setErrs: ten answers are acknowledged at once.
MOST_IDS: Final = 1000
_NOT_TOO_MANY = validate.Length(
    max=MOST_IDS, error="must not hold more than {max} ids; send the rest by the next poll"
)


@dataclass(frozen=True, slots=True)
class Poll:
    """
    A request for events (RFC 8936 §2.2).

    Attributes:
        most: How many tokens are wanted at the most; 0 only acknowledges, None leaves it open.
        at_once: Whether the answer comes even if there are no events.
        taken: The ids of tokens that were received, and need not be sent again.
        refused: The ids of tokens that the receiver can't use, with the codes of its reasons.
    """

    most: int | None = None
    at_once: bool = False
    taken: tuple[str, ...] = ()
    refused: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Polled:
    """
    The answer (RFC 8936 §2.3).

    Attributes:
        tokens: The signed tokens, by their ids, the oldest first.
        has_more: Whether more can be had at once.
    """

    tokens: Mapping[str, str]
    has_more: bool

    def to_json(self) -> dict[str, object]:
        """Return the answer as it is sent."""
        return {"sets": dict(self.tokens), "moreAvailable": self.has_more}


class EventFeed(Protocol):
    """Who keeps the events."""

    def poll(self, poll: Poll) -> Polled:
        """
        Answer a request for events.

        Raises:
            Unsupported: They are not to be had by polling.
        """
        ...

    def keys(self) -> Mapping[str, object]:
        """Return the public keys that tokens are verified with, as a JWK Set (RFC 7517 §5)."""
        ...


class _Refusal(Schema):
    """Why a token can't be used (RFC 8936 §2.6); the description is for people, and left out."""

    class Meta:
        unknown = EXCLUDE

    error_messages = {"type": "must hold an object for each id"}  # noqa: RUF012 - marshmallow reads it from the class

    err = fields.String(
        required=True,
        error_messages=dict.fromkeys(
            ("required", "null", "invalid"), "must hold an err for each id"
        ),
    )


class _Flag(Literal):
    """JSON's true or false, which Python takes 1 and 0 for as well."""

    types = (bool,)


class _PollRequest(Schema):
    class Meta:
        unknown = EXCLUDE

    most = fields.Integer(
        data_key="maxEvents",
        strict=True,
        load_default=None,
        validate=validate.Range(min=0, error="must not be negative"),
        error_messages={"invalid": "must be a whole number"},
    )
    at_once = _Flag(
        data_key="returnImmediately",
        load_default=False,
        error_messages={"invalid": "must be true or false"},
    )
    taken = fields.List(
        fields.String(
            error_messages=dict.fromkeys(("null", "invalid"), "must be a list of ids"),
        ),
        data_key="ack",
        load_default=(),
        validate=_NOT_TOO_MANY,
        error_messages={"invalid": "must be a list of ids"},
    )
    refused = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(_Refusal, error_messages={"null": "must hold an object for each id"}),
        data_key="setErrs",
        load_default=dict,
        validate=_NOT_TOO_MANY,
        error_messages={"invalid": "must be an object of ids"},
    )

    @post_load
    def _poll(self, loaded: dict[str, Any], **_: object) -> Poll:
        refused = {jti: refusal["err"] for jti, refusal in loaded["refused"].items()}
        return Poll(loaded["most"], loaded["at_once"], tuple(loaded["taken"]), refused)


_POLL = _PollRequest()


def read_poll(body: object) -> Poll:
    """
    Return the request for events that the JSON of a body is.

    Unknown members are passed over, and so are those that are null.

    Raises:
        InvalidSyntax: It is no object.
        InvalidValue: A member is of the wrong type.
    """
    if not isinstance(body, dict):
        raise InvalidSyntax("The body is no JSON object; send {} to ask for events.")
    try:
        poll: Poll = _POLL.load({n: value for n, value in body.items() if value is not None})
    except ValidationError as error:
        name, reason = _first(dict(error.messages_dict))
        raise InvalidValue(f"{name} {reason.rstrip('.')}.") from None
    return poll


def _first(messages: Mapping[str, Any]) -> tuple[str, str]:
    name, reasons = next(iter(messages.items()))
    while not isinstance(reasons, list):
        # What is wrong within a member: nothing of what was sent is repeated.
        reasons = next(iter(reasons.values()))
    return name, str(reasons[0])
