"""How many e-mail addresses fit into one question."""

from collections.abc import Iterable, Iterator
from typing import Final
from urllib.parse import quote

#: Bitbucket takes no more in one question.
MOST_ADDRESSES: Final = 90
#: Servers commonly stop reading a request line at 8 KiB, which long addresses would exceed.
_MOST_CHARACTERS: Final = 6_000


def batches(addresses: Iterable[str]) -> Iterator[list[str]]:
    """Yield the different *addresses*, in lower case, as many at a time as one call can ask for."""
    batch: list[str] = []
    characters = 0
    for address in dict.fromkeys(address.lower() for address in addresses):
        length = len(quote(f'"{address}", ', safe=""))
        if len(batch) == MOST_ADDRESSES or (batch and characters + length > _MOST_CHARACTERS):
            yield batch
            batch, characters = [], 0
        batch.append(address)
        characters += length
    if batch:
        yield batch
