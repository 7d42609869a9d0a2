"""Asking Bitbucket who has an e-mail address: the only way in which it tells of one."""

from collections.abc import Callable, Collection, Iterator
from datetime import datetime, timedelta

from gateway.bitbucket.calls import CallCounter
from gateway.bitbucket.errors import BitbucketError
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.directory.errors import failure_of, to_scim
from gateway.directory.rendering import Renderer
from gateway.mirror.facts import Address
from gateway.mirror.mirror import Mirror
from gateway.scim.text import fold


class AddressBook:
    """
    Keeps what Bitbucket said of each address, also that nobody has it.

    Args:
        workspace: Whom to ask.
        mirror: Where to keep it.
        renderer: Renders the users whose addresses became known.
        now: The time, with its zone.
    """

    def __init__(
        self,
        workspace: BitbucketWorkspace,
        mirror: Mirror,
        renderer: Renderer,
        *,
        now: Callable[[], datetime],
    ) -> None:
        self._workspace = workspace
        self._mirror = mirror
        self._renderer = renderer
        self._now = now

    def learn(self, addresses: Collection[str], *, max_age: timedelta) -> int:
        """
        Ask for those of *addresses* of which too old an answer is known, or none.

        Args:
            addresses: In lower case.
            max_age: How old an answer may be.

        Returns:
            The calls that were made: one for each 90 addresses.

        Raises:
            BadUpstream: Bitbucket does not tell the configured credentials.
            Unavailable: Bitbucket can't be asked at the moment.
        """
        wanted = self._unknown(addresses, max_age)
        if not wanted:
            return 0
        counter = CallCounter()
        asked_at = self._now()
        try:
            found = {
                fold(account.email or ""): account.uuid
                for account in self._workspace.counting(counter).members_by_email(wanted)
            }
        except BitbucketError as error:
            if self._are_known(wanted):
                # An older answer is better than none, as of every other fact.
                return counter.count
            failure = failure_of(error)
            raise to_scim(failure, retry_after_seconds=error.retry_after_seconds or 1) from error
        self._keep([Address(text, found.get(text), asked_at) for text in wanted])
        return counter.count

    def _are_known(self, addresses: Collection[str]) -> bool:
        with self._mirror.reading() as snapshot:
            known = {address.text for address in snapshot.facts.addresses(texts=addresses)}
        return known >= set(addresses)

    def _unknown(self, addresses: Collection[str], max_age: timedelta) -> list[str]:
        if not addresses:
            return []
        with self._mirror.reading() as snapshot:
            known = snapshot.facts.addresses(texts=addresses)
        oldest = self._now() - max_age
        recent = {address.text for address in known if address.asked_at >= oldest}
        return sorted(set(addresses) - recent)

    def _keep(self, answers: list[Address]) -> None:
        with self._mirror.writing() as writing:
            before = writing.facts.addresses(texts=[answer.text for answer in answers])
            writing.facts.record_addresses(answers)
            changed = set(_holders(before)) ^ set(_holders(answers))
            uuids = {uuid for _, uuid in changed}
            if uuids:
                self._renderer.render_users(writing, uuids, now=self._now())


def _holders(addresses: Collection[Address]) -> Iterator[tuple[str, str]]:
    for address in addresses:
        if address.member_uuid is not None:
            yield address.text, address.member_uuid
