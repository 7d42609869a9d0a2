"""
What a call of Bitbucket can fail by.

* BitbucketError
    x BadRequest      400: Bitbucket does not accept what was asked
    x Unauthorized    401: the credential is unknown, expired, or not for this resource
    x SeatLimit       402: the plan of the workspace has no seat left
    x Forbidden       403: the credential lacks a scope, or its account a right
    x NotFound        404: does not exist, or may not be seen
    x Conflict        409: is already so
    x Gone            410: Bitbucket has removed the resource
    x Rejected        any other 4xx
    x RateLimited     429, or not sent in order not to be: the budget is spent
    x Unavailable     5xx, no connection, no answer, an answer that broke off
        x ListChanged     the list moved while its pages were read
    x BadAnswer       an answer of another shape than Bitbucket's
    x NoCredential    no configured credential can make the call
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """
    What is known of a call that failed.

    Attributes:
        method: The HTTP method.
        resource: The path with its placeholders, as in ``/2.0/workspaces/{workspace}/members``.
        path: The path that was called, without its query; empty if nothing was called.
        credential: The name of the kind of credential that was used.
        status: The status of the answer; None if there was none.
        message: Bitbucket's own words.
        detail: What Bitbucket adds to them: a sentence or an object.
        retry_after_seconds: When Bitbucket wants to be asked again.
    """

    method: str
    resource: str
    path: str = ""
    credential: str | None = None
    status: int | None = None
    message: str | None = None
    detail: str | Mapping[str, object] | None = None
    retry_after_seconds: int | None = None


class BitbucketError(Exception):
    """
    A call of Bitbucket failed; one of its subclasses is raised.

    Its string is one sentence for an administrator, followed by Bitbucket's own words if any.

    Attributes:
        sentence: What went wrong.
        evidence: What is known of the call.
    """

    meaning: ClassVar[str] = "failed"

    def __init__(self, evidence: Evidence, sentence: str | None = None) -> None:
        self.evidence = evidence
        self.sentence = sentence or f"{_call(evidence)} {self.meaning}."
        super().__init__(self.sentence + _quoted((evidence.message or "").strip()))

    @property
    def retry_after_seconds(self) -> int | None:
        """When Bitbucket wants to be asked again, if it said so."""
        return self.evidence.retry_after_seconds


class BadRequest(BitbucketError):
    """Bitbucket does not accept what was asked (400)."""

    meaning = "was not accepted"


class Unauthorized(BitbucketError):
    """The credential is unknown, expired, or not for this resource (401)."""

    meaning = "was refused: the credential is wrong, expired, or not accepted for this resource"


class SeatLimit(BitbucketError):
    """The plan of the workspace has no seat left (402)."""

    meaning = (
        "was refused: the plan of the workspace has no seat left; "
        "buy seats or take access from somebody else first"
    )


class Forbidden(BitbucketError):
    """
    The credential lacks a scope, or the account behind it a right (403).

    Attributes:
        required: The scopes of which Bitbucket wants one, by their classic names, where it says so.
        granted: The scopes that the credential has, where Bitbucket says so.
    """

    meaning = (
        "is forbidden: the credential lacks a scope, "
        "or the account behind it is not an administrator there"
    )

    def __init__(self, evidence: Evidence, sentence: str | None = None) -> None:
        detail = evidence.detail if isinstance(evidence.detail, Mapping) else {}
        self.required = _names(detail.get("required"))
        self.granted = _names(detail.get("granted"))
        if self.required and sentence is None:
            scopes = ", ".join(self.required)
            sentence = f"{_call(evidence)} is forbidden: the credential needs the scope {scopes}."
        super().__init__(evidence, sentence)


class NotFound(BitbucketError):
    """There is no such thing, or the credential may not see it (404)."""

    meaning = "found nothing: it does not exist, or the credential may not see it"


class Conflict(BitbucketError):
    """What was asked for is already so, or contradicts what is there (409)."""

    meaning = "conflicts with what is there"


class Gone(BitbucketError):
    """Bitbucket has removed the resource from its API (410)."""

    meaning = "is no longer offered by Bitbucket: a newer version of this gateway is needed"


class Rejected(BitbucketError):
    """Bitbucket refused with a status that has no error of its own (another 4xx)."""

    meaning = "was refused"


class RateLimited(BitbucketError):
    """
    The budget of calls is spent; ``retry_after_seconds`` may say until when.

    Its evidence has the status 429, or none: then the call was not sent, because it would have
    been more than the budget allows.
    """

    meaning = "was refused: the hourly budget of calls is spent"


class Unavailable(BitbucketError):
    """Bitbucket failed (5xx), could not be reached or did not answer, after the last retry."""

    meaning = "failed: Bitbucket is not available at the moment"


class ListChanged(Unavailable):
    """The list moved while its pages were read, so that an entry may be missing from them."""

    meaning = "changed while its pages were read; reading it again will help"


class BadAnswer(BitbucketError):
    """
    The answer is not what Bitbucket answers: not JSON, or of another shape.

    Attributes:
        problem: What is wrong with it, without the values in it.
    """

    def __init__(self, evidence: Evidence, problem: str) -> None:
        self.problem = problem
        super().__init__(
            evidence, f"{_call(evidence)} was answered with what Bitbucket does not say: {problem}."
        )


class NoCredential(BitbucketError):
    """
    No configured credential can make the call; nothing was sent.

    Attributes:
        able: The names of the kinds of credential that could.
    """

    def __init__(self, evidence: Evidence, able: tuple[str, ...]) -> None:
        self.able = able
        super().__init__(
            evidence,
            f"{_call(evidence)} needs a credential that is not configured: {' or '.join(able)}.",
        )


def _quoted(words: str) -> str:
    """Return a sentence with Bitbucket's own *words*; nothing without any."""
    if not words:
        return ""
    return f' Bitbucket says: "{words}"' + ("" if words[-1] in ".!?" else ".")


def _call(evidence: Evidence) -> str:
    by = f" with the {evidence.credential}" if evidence.credential else ""
    return f"{evidence.method} {evidence.path or evidence.resource}{by}"


def _names(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        return ()
    return tuple(name for name in value if isinstance(name, str))
