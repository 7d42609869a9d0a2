"""Keeping rendered resources: a new version only where something changed."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, func, select, update

from gateway.mirror.batches import batches
from gateway.mirror.catalogue import FORM, HOMES, Indexer
from gateway.mirror.changes import Changes
from gateway.mirror.document_rows import DocumentRows
from gateway.mirror.fact_reader import in_lists
from gateway.mirror.instants import from_text
from gateway.mirror.parts import Parts
from gateway.scim.reference import from_stored, to_stored
from gateway.scim.schema import ResourceType
from gateway.scim.text import instant

Resource = Mapping[str, Any]

#: How many resources are compared at once with what is kept of them.
_LOOKED_UP_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class _Kept:
    key: int
    version: str
    form: str
    created: str
    last_modified: str
    gone_at: str | None

    def is_same(self, version: str) -> bool:
        return self.version == version and self.gone_at is None


class DocumentStore:
    """
    The resources of one type and integration, in one transaction that writes.

    What changes by one call has one ``lastModified``, later than whatever there was before: a
    client that asks for what was modified after the latest it has seen misses nothing.

    Resources are taken as they are rendered, some at a time, and never all of them are in memory.

    Args:
        connection: The transaction.
        integration: Whose resources they are.
        resource_type: Their type.
        last_word: Makes of a resource that is gone what clients that ask for changes are told of
            it; None tells them nothing.
        changes: Told of everything that changes; None tells nobody.
    """

    def __init__(
        self,
        connection: Connection,
        integration: str,
        resource_type: ResourceType,
        *,
        last_word: Callable[[Resource], Resource] | None = None,
        changes: Changes | None = None,
    ) -> None:
        home = HOMES[resource_type.name]
        self._connection = connection
        self._integration = integration
        self._table = home.resources
        self._indexer = Indexer(resource_type)
        self._parts = Parts(resource_type)
        self._long_list = home.long_list
        self._last_word = last_word
        self._changes = changes
        self._rows = DocumentRows(connection, home)
        self._next_key = self._rows.next_key()

    def save_all(self, resources: Iterable[Resource], *, now: datetime) -> None:
        """
        Make *resources* all that there are; what is not among them is gone, and may come back.

        Args:
            resources: Whole resources, but for ``meta.created``, ``lastModified`` and
                ``version``, which are added here.
            now: When they were seen.
        """
        moment = self._moment(now)
        seen: set[int] = set()
        for some in batches(resources, _LOOKED_UP_AT_ONCE):
            kept = self._kept({str(resource["id"]) for resource in some})
            self._save(some, kept, seen, moment)
        self._rows.write()
        self._depart([key for key in self._present() if key not in seen], moment)
        self._tell()

    def save_some(
        self, ids: Collection[str], resources: Iterable[Resource], *, now: datetime
    ) -> None:
        """Make *resources* all that there are of those with *ids*; see :meth:`save_all`."""
        self.save_parts([(ids, resources)], now=now)

    def save_parts(
        self, parts: Iterable[tuple[Collection[str], Iterable[Resource]]], *, now: datetime
    ) -> None:
        """Do what :meth:`save_some` does for one part after the other, as one change."""
        moment = self._moment(now)
        for ids, resources in parts:
            kept, seen = self._kept(ids), set[int]()
            self._save(resources, kept, seen, moment)
            self._rows.write()
            gone = (row.key for row in kept.values() if row.gone_at is None)
            self._depart([key for key in gone if key not in seen], moment)
        self._tell()

    def _tell(self) -> None:
        if self._changes is not None:
            self._changes.write()

    def _depart(self, keys: Sequence[int], now: str) -> None:
        """Mark the rows with *keys* gone, and keep the last word on each."""
        table = self._table
        for some in batches(keys, _LOOKED_UP_AT_ONCE):
            of_some = table.c.key.in_(some)
            if self._changes is not None:
                self._changes.departing(some, at=now)
            if self._last_word is not None:
                documents = select(
                    table.c.key, table.c.created, table.c.document, table.c.on_request
                )
                for key, created, document, on_request in self._connection.execute(
                    documents.where(of_some)
                ):
                    rest = None if on_request is None else from_stored(on_request)
                    whole = orjson.loads(self._parts.join(from_stored(document), rest))
                    resource = self._last_word(_without_versions(whole))
                    row = self._row(resource, version_of(resource), created=created, modified=now)
                    self._put(key, row, resource, is_new=False)
                self._rows.write()
            self._connection.execute(update(table).where(of_some).values(gone_at=now))

    def _moment(self, now: datetime) -> str:
        """Return *now*, or the moment after the last change where that is not earlier."""
        table = self._table
        latest = from_text(
            self._connection.scalar(
                select(func.max(table.c.last_modified)).where(
                    table.c.integration == self._integration
                )
            )
        )
        if latest is not None and latest >= now:
            return instant(latest + timedelta(microseconds=1))
        return instant(now)

    def _kept(self, ids: Collection[str]) -> dict[str, _Kept]:
        table = self._table
        names = ("id", *(field.name for field in fields(_Kept)))
        query = select(*(table.c[name] for name in names)).where(
            table.c.integration == self._integration,
            table.c.id.in_(bindparam("ids", expanding=True)),
        )
        return {
            row[0]: _Kept(*row[1:])
            for some in in_lists(ids)
            for row in self._connection.execute(query, {"ids": some})
        }

    def _present(self) -> Iterable[int]:
        """Return the keys of the resources there are."""
        table = self._table
        there = select(table.c.key).where(
            table.c.integration == self._integration, table.c.gone_at.is_(None)
        )
        return self._connection.scalars(there)

    def _save(
        self, resources: Iterable[Resource], kept: Mapping[str, _Kept], seen: set[int], now: str
    ) -> None:
        """Put down those of *resources* that are not as they were *kept*; add the others' keys."""
        for resource in resources:
            before = kept.get(str(resource["id"]))
            version = version_of(resource)
            is_same = before is not None and before.is_same(version)
            if before is not None:
                seen.add(before.key)
                if is_same and before.form == FORM:
                    continue
            if self._changes is not None and not is_same:
                if before is None or before.gone_at is not None:
                    self._changes.appeared(resource, version=version, at=now)
                else:
                    self._changes.changed(before.key, resource, version=version, at=now)
            row = self._row(
                resource,
                version,
                created=before.created if before else now,
                modified=before.last_modified if is_same and before else now,
            )
            if before:
                self._put(before.key, row, resource, is_new=False)
            else:
                seen.add(self._next_key)
                self._put(self._next_key, row, resource, is_new=True)
                self._next_key += 1

    def _put(self, key: int, row: dict[str, Any], resource: Resource, *, is_new: bool) -> None:
        values = list(self._indexer.values(resource))
        text = self._indexer.text(row, values)
        self._rows.put({**row, "key": key}, values, text, is_new=is_new)

    def _row(
        self, resource: Resource, version: str, *, created: str, modified: str
    ) -> dict[str, Any]:
        meta = {
            **resource["meta"],
            "created": created,
            "lastModified": modified,
            "version": version,
        }
        shown, rest = self._parts.split({**resource, "meta": meta})
        document, lean_length = self._document(shown)
        return {
            "integration": self._integration,
            "id": resource["id"],
            "version": version,
            "form": FORM,
            "created": created,
            "last_modified": modified,
            "gone_at": None,
            "document": document,
            "lean_length": lean_length,
            "on_request": to_stored(orjson.dumps(rest)) if rest else None,
            **self._indexer.columns(resource),
        }

    def _document(self, resource: dict[str, Any]) -> tuple[bytes, int | None]:
        """Return a resource as JSON, and the length of what comes before its long list, if any."""
        if self._long_list not in resource:
            return to_stored(orjson.dumps(resource)), None
        long_list = {self._long_list: resource.pop(self._long_list)}
        lean = to_stored(orjson.dumps(resource))
        return to_stored(orjson.dumps(resource | long_list)), len(lean) - len(b"}")


def _without_versions(resource: dict[str, Any]) -> dict[str, Any]:
    """Return a kept resource as it was handed over: without what was added to ``meta``."""
    added = {"created", "lastModified", "version"}
    meta = {name: value for name, value in resource["meta"].items() if name not in added}
    return {**resource, "meta": meta}


def version_of(resource: Resource) -> str:
    """Return the weak entity tag of a resource's content (RFC 7644 §3.14, RFC 9110 §8.8.3)."""
    content = orjson.dumps(resource, option=orjson.OPT_SORT_KEYS)
    return f'W/"{blake2b(content, digest_size=16).hexdigest()}"'
