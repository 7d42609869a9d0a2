"""The e-mail addresses that are known: Bitbucket tells an address to those who ask for it."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from gateway.mirror.fact_reader import FactReader
from gateway.mirror.facts import Address
from gateway.planner.collections import Collection
from gateway.planner.needs import AddressesOf, Need, OneAddress, Whole


def addresses_to_ask(
    facts: FactReader, needs: Iterable[Need], *, not_before: datetime
) -> Sequence[str]:
    """Return the addresses that *needs* are about and that were last asked before *not_before*."""
    asked: set[str] = set()
    for need in needs:
        match need:
            case Whole(collection=Collection.ADDRESSES):
                asked.update(facts.addresses_asked_before(not_before, of_members=True))
            case OneAddress(text=text):
                known = facts.address_with_others(text)
                asked |= {a.text for a in known if a.asked_at < not_before}
                asked |= {text} - {address.text for address in known}
            case AddressesOf(key=key):
                asked |= {a.text for a in addresses_of(facts, key) if a.asked_at < not_before}
    return sorted(asked)


def addresses_of(facts: FactReader, key: str) -> list[Address]:
    """Return the addresses that are known of the member with *key*, a UUID or account id."""
    found = facts.looked_up([key]).get(key)
    if found is None or found.uuid is None:
        return []
    return facts.addresses_of(found.uuid)


def asked_at(facts: FactReader, text: str) -> datetime | None:
    """Return when an address, and those of the member who has it, were asked; None if never."""
    known = facts.address_with_others(text)
    if text not in {address.text for address in known}:
        return None
    return min(address.asked_at for address in known)
