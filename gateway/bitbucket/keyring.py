"""Which of the configured credentials makes a call."""

import math
from collections.abc import Callable, Iterable, Sequence
from threading import Lock
from typing import Final

from gateway.bitbucket.credentials import ABLE, Ability, Credential
from gateway.bitbucket.errors import BitbucketError, Forbidden, RateLimited, Unauthorized

#: How long a refusal is believed: an administrator who has just mended it won't wait longer.
REMEMBERED_SECONDS: Final = 300


class Keyring:
    """
    The configured credentials, and what each was refused lately.

    Args:
        credentials: The credentials; of two of one kind the first is preferred.
        clock: A clock that never goes back, in seconds.
    """

    def __init__(self, credentials: Sequence[Credential], *, clock: Callable[[], float]) -> None:
        self._credentials = tuple(credentials)
        self._clock = clock
        self._lock = Lock()
        self._refusals: dict[tuple[Credential, str], float] = {}

    def able(self, ability: Ability) -> list[Credential]:
        """Return the credentials that have *ability*, the preferred one first."""
        return [
            credential
            for kind in ABLE[ability]
            for credential in self._credentials
            if credential.kind is kind
        ]

    def candidates(self, ability: Ability, *, template: str, path: str) -> list[Credential]:
        """
        Return the credentials to try, in this order.

        Those that were refused lately are left out. Is none left, the preferred one is asked
        again: what is refused is never decided from memory alone.
        """
        able = self.able(ability)
        with self._lock:
            hopeful = [each for each in able if not self._was_refused(each, (template, path))]
        return hopeful or able[:1]

    def refused(self, credential: Credential, error: Unauthorized | Forbidden) -> None:
        """
        Remember that *credential* was refused.

        A credential that is not accepted, or lacks a scope, will be refused by all resources of
        the same template; any other 403 may be about this one repository or project.
        """
        evidence = error.evidence
        about_one = isinstance(error, Forbidden) and not error.required
        scope = f"{evidence.method} {evidence.path if about_one else evidence.resource}"
        now = self._clock()
        with self._lock:
            self._refusals = {key: end for key, end in self._refusals.items() if end > now}
            self._refusals[credential, scope] = now + REMEMBERED_SECONDS

    def accepted(self, credential: Credential, *, template: str, path: str) -> None:
        """Forget what *credential* was refused there."""
        with self._lock:
            for scope in (template, path):
                self._refusals.pop((credential, scope), None)

    def _was_refused(self, credential: Credential, scopes: Iterable[str]) -> bool:
        now = self._clock()
        return any(self._refusals.get((credential, scope), now) > now for scope in scopes)


def most_telling(errors: Sequence[BitbucketError]) -> BitbucketError:
    """
    Return the refusal that says most about what to do, the earliest of equals.

    Where a budget is spent there is nothing to mend: what helps is to wait for the first to fill.
    """
    return max(errors, key=_worth)


def _worth(error: BitbucketError) -> tuple[int, float]:
    if isinstance(error, RateLimited):
        seconds = error.retry_after_seconds
        return 3, -math.inf if seconds is None else -seconds
    if isinstance(error, Forbidden):
        return (2 if error.required else 1), 0
    return 0, 0
