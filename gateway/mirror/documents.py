"""Keeping rendered resources: a new version only where something changed."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Any

import orjson
from sqlalchemy import (
    BindParameter,
    Connection,
    Select,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from gateway.mirror.catalogue import FORM, HOMES, Indexer
from gateway.mirror.fact_reader import in_lists
from gateway.mirror.instants import from_text
from gateway.mirror.parts import Parts
from gateway.mirror.texts import Texts
from gateway.scim.reference import from_stored, to_stored
from gateway.scim.schema import ResourceType
from gateway.scim.text import instant

Resource = Mapping[str, Any]

#: The most keys in one list of a statement.
_LIST_SIZE = 500
#: How many resources are written at once: as many as memory need hold.
_MOST_AT_ONCE = 1000


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


@dataclass(slots=True)
class _Rows:
    """What is written at once: resources that are new or changed, their values and texts."""

    added: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    values: list[dict[str, Any]] = field(default_factory=list)
    texts: dict[int, str] = field(default_factory=dict)


class DocumentStore:
    """
    The resources of one type and integration, in one transaction that writes.

    What changes by one call has one ``lastModified``, later than whatever there was before: a
    client that asks for what was modified after the latest it has seen misses nothing.

    Args:
        connection: The transaction.
        integration: Whose resources they are.
        resource_type: Their type.
        last_word: Makes of a resource that is gone what clients that ask for changes are told of
            it; None tells them nothing.
    """

    def __init__(
        self,
        connection: Connection,
        integration: str,
        resource_type: ResourceType,
        *,
        last_word: Callable[[Resource], Resource] | None = None,
    ) -> None:
        home = HOMES[resource_type.name]
        self._connection = connection
        self._integration = integration
        self._table = home.resources
        self._values = home.values
        self._indexer = Indexer(resource_type)
        self._parts = Parts(resource_type)
        self._long_list = home.long_list
        self._last_word = last_word
        self._texts = Texts(connection, home.texts)
        self._has_texts = self._texts.exist()

    def save_all(self, resources: Iterable[Resource], *, now: datetime) -> None:
        """
        Make *resources* all that there are; what is not among them is gone, and may come back.

        Args:
            resources: Whole resources, but for ``meta.created``, ``lastModified`` and
                ``version``, which are added here.
            now: When they were seen.
        """
        self._replace(self._kept(self._all()), resources, self._moment(now))

    def save_some(
        self, ids: Collection[str], resources: Iterable[Resource], *, now: datetime
    ) -> None:
        """Make *resources* all that there are of those with *ids*; see :meth:`save_all`."""
        kept: dict[str, _Kept] = {}
        for some in in_lists(ids):
            kept |= self._kept(self._all().where(self._table.c.id.in_(some)))
        self._replace(kept, resources, self._moment(now))

    def _replace(self, kept: Mapping[str, _Kept], resources: Iterable[Resource], now: str) -> None:
        seen = self._save(resources, kept, now)
        self._depart(
            [row for key, row in kept.items() if key not in seen and row.gone_at is None], now
        )

    def _depart(self, gone: Sequence[_Kept], now: str) -> None:
        """Mark *gone* rows so, and keep the last word on each."""
        if self._last_word is not None and gone:
            table = self._table
            created = {row.key: row.created for row in gone}
            for keys in _batched(sorted(created)):
                documents = select(table.c.key, table.c.document, table.c.on_request)
                found = self._connection.execute(documents.where(table.c.key.in_(keys)))
                rows = _Rows()
                for key, document, on_request in found:
                    rest = None if on_request is None else from_stored(on_request)
                    whole = orjson.loads(self._parts.join(from_stored(document), rest))
                    resource = self._last_word(_without_versions(whole))
                    version = version_of(resource)
                    row = self._row(resource, version, created=created[key], modified=now)
                    self._put(rows, key, row, resource, is_new=False)
                self._write(rows)
        if gone:
            self._connection.execute(
                update(self._table)
                .where(self._table.c.key == bindparam("old_key"))
                .values(gone_at=now),
                [{"old_key": row.key} for row in gone],
            )

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

    def _all(self) -> Select[Any]:
        names = ("id", *(field.name for field in fields(_Kept)))
        query = select(*(self._table.c[name] for name in names))
        return query.where(self._table.c.integration == self._integration)

    def _kept(self, query: Select[Any]) -> dict[str, _Kept]:
        return {row[0]: _Kept(*row[1:]) for row in self._connection.execute(query)}

    def _save(self, resources: Iterable[Resource], kept: Mapping[str, _Kept], now: str) -> set[str]:
        next_key = self._next_key()
        rows = _Rows()
        seen: set[str] = set()
        for resource in resources:
            resource_id = str(resource["id"])
            seen.add(resource_id)
            before = kept.get(resource_id)
            version = version_of(resource)
            is_same = before is not None and before.is_same(version)
            if is_same and before and before.form == FORM:
                continue
            row = self._row(
                resource,
                version,
                created=before.created if before else now,
                modified=before.last_modified if is_same and before else now,
            )
            if before:
                self._put(rows, before.key, row, resource, is_new=False)
            else:
                self._put(rows, next_key, row, resource, is_new=True)
                next_key += 1
            if len(rows.texts) >= _MOST_AT_ONCE:
                self._write(rows)
                rows = _Rows()
        self._write(rows)
        return seen

    def _put(
        self, rows: "_Rows", key: int, row: dict[str, Any], resource: Resource, *, is_new: bool
    ) -> None:
        if is_new:
            rows.added.append({**row, "key": key})
        else:
            rows.changed.append({**row, "old_key": key})
        values = list(self._indexer.values(resource))
        rows.values += [{"key": key, **value} for value in values]
        rows.texts[key] = self._indexer.text(row, values)

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

    def _write(self, rows: "_Rows") -> None:
        if rows.added:
            self._connection.execute(insert(self._table), rows.added)
        if rows.changed:
            old_key: BindParameter[int] = bindparam("old_key")
            self._connection.execute(
                delete(self._values).where(self._values.c.key == old_key),
                [{"old_key": row["old_key"]} for row in rows.changed],
            )
            names = [name for name in rows.changed[0] if name != "old_key"]
            self._connection.execute(
                update(self._table)
                .where(self._table.c.key == old_key)
                .values({name: bindparam(f"new_{name}") for name in names}),
                [
                    {"old_key": row["old_key"]} | {f"new_{name}": row[name] for name in names}
                    for row in rows.changed
                ],
            )
        if rows.values:
            self._connection.execute(insert(self._values), rows.values)
        if self._has_texts:
            self._texts.put(rows.texts)

    def _next_key(self) -> int:
        largest = self._connection.scalar(select(func.max(self._table.c.key)))
        return (largest or 0) + 1


def _batched(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    """Yield *keys* in lists that a statement may hold."""
    for start in range(0, len(keys), _LIST_SIZE):
        yield keys[start : start + _LIST_SIZE]


def _without_versions(resource: dict[str, Any]) -> dict[str, Any]:
    """Return a kept resource as it was handed over: without what was added to ``meta``."""
    added = {"created", "lastModified", "version"}
    meta = {name: value for name, value in resource["meta"].items() if name not in added}
    return {**resource, "meta": meta}


def version_of(resource: Resource) -> str:
    """Return the weak entity tag of a resource's content (RFC 7644 §3.14, RFC 9110 §8.8.3)."""
    content = orjson.dumps(resource, option=orjson.OPT_SORT_KEYS)
    return f'W/"{blake2b(content, digest_size=16).hexdigest()}"'
