"""Where e-mail addresses come from that nobody has filtered by: a file, and invitations."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gateway.bitbucket.errors import Forbidden, Gone, NotFound, Rejected
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.mirror.fact_reader import FactReader
from gateway.planner.pins import is_address
from gateway.scim.text import fold


@dataclass(frozen=True, slots=True)
class Candidates:
    """
    Addresses that a member may have.

    Attributes:
        file: A file of addresses, one a line; what is none, such as a heading, is passed over.
    """

    file: Path | None = None

    def to_ask(
        self, facts: FactReader, invited: Iterable[str], *, not_before: datetime
    ) -> list[str]:
        """Return those that Bitbucket was not asked for since *not_before*, or never."""
        texts = {*self._of_file(), *map(fold, invited)}
        young = {a.text for a in facts.addresses(texts=texts) if a.asked_at >= not_before}
        return sorted(texts - young)

    def _of_file(self) -> Iterator[str]:
        if self.file is None:
            return
        with self.file.open(encoding="utf-8-sig") as lines:
            for line in lines:
                # The first column of a CSV file; an export of addresses has no other, as a rule.
                text = fold(line.split(",")[0].strip().strip('"'))
                if is_address(text):
                    yield text


def invited(workspace: BitbucketWorkspace) -> list[str]:
    """
    Return the addresses of pending invitations: one call.

    Nobody is known to be invited where Bitbucket refuses to tell, as once administration moved.

    Raises:
        BitbucketError: They can't be listed for another reason.
    """
    try:
        return [invitation.email for invitation in workspace.invitations()]
    except (Forbidden, NotFound, Gone, Rejected):
        return []
