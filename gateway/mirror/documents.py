"""Keeping rendered resources: a new version only where something changed."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
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
from gateway.scim.schema import ResourceType
from gateway.scim.text import instant

Resource = Mapping[str, Any]


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
    """The resources of one type and integration, in one transaction that writes."""

    def __init__(
        self, connection: Connection, integration: str, resource_type: ResourceType
    ) -> None:
        home = HOMES[resource_type.name]
        self._connection = connection
        self._integration = integration
        self._table = home.resources
        self._values = home.values
        self._indexer = Indexer(resource_type)

    def save_all(self, resources: Iterable[Resource], *, now: datetime) -> None:
        """
        Make *resources* all that there are; what is not among them is gone, and may come back.

        Args:
            resources: Whole resources, but for ``meta.created``, ``lastModified`` and
                ``version``, which are added here.
            now: When they were seen.
        """
        kept = self._kept(self._all())
        self._settle(kept, self._save(resources, kept, instant(now)), instant(now))

    def save_some(
        self, ids: Collection[str], resources: Iterable[Resource], *, now: datetime
    ) -> None:
        """Make *resources* all that there are of those with *ids*; see :meth:`save_all`."""
        kept: dict[str, _Kept] = {}
        for some in in_lists(ids):
            kept |= self._kept(self._all().where(self._table.c.id.in_(some)))
        self._settle(kept, self._save(resources, kept, instant(now)), instant(now))

    def save(self, resources: Iterable[Resource], *, now: datetime) -> None:
        """Keep *resources*, and leave all others as they are."""
        changed = list(resources)
        kept: dict[str, _Kept] = {}
        for ids in in_lists([str(resource["id"]) for resource in changed]):
            kept |= self._kept(self._all().where(self._table.c.id.in_(ids)))
        self._save(changed, kept, instant(now))

    def _settle(self, kept: Mapping[str, _Kept], seen: Collection[str], now: str) -> None:
        """Mark as gone what was *kept* and is not among those *seen*."""
        gone = [
            {"old_key": row.key}
            for resource_id, row in kept.items()
            if resource_id not in seen and row.gone_at is None
        ]
        if gone:
            self._connection.execute(
                update(self._table)
                .where(self._table.c.key == bindparam("old_key"))
                .values(gone_at=now),
                gone,
            )

    def _all(self) -> Select[Any]:
        names = ("id", *(field.name for field in fields(_Kept)))
        query = select(*(self._table.c[name] for name in names))
        return query.where(self._table.c.integration == self._integration)

    def _kept(self, query: Select[Any]) -> dict[str, _Kept]:
        return {row[0]: _Kept(*row[1:]) for row in self._connection.execute(query)}

    def _save(self, resources: Iterable[Resource], kept: Mapping[str, _Kept], now: str) -> set[str]:
        next_key = self._next_key()
        added: list[dict[str, Any]] = []
        changed: list[dict[str, Any]] = []
        values: list[dict[str, Any]] = []
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
                row["old_key"] = key = before.key
                changed.append(row)
            else:
                row["key"] = key = next_key + len(added)
                added.append(row)
            values += [{"key": key, **value} for value in self._indexer.values(resource)]
        self._write(added, changed, values)
        return seen

    def _row(
        self, resource: Resource, version: str, *, created: str, modified: str
    ) -> dict[str, Any]:
        meta = {
            **resource["meta"],
            "created": created,
            "lastModified": modified,
            "version": version,
        }
        return {
            "integration": self._integration,
            "id": resource["id"],
            "version": version,
            "form": FORM,
            "created": created,
            "last_modified": modified,
            "gone_at": None,
            "document": orjson.dumps({**resource, "meta": meta}),
            **self._indexer.columns(resource),
        }

    def _write(
        self,
        added: list[dict[str, Any]],
        changed: list[dict[str, Any]],
        values: list[dict[str, Any]],
    ) -> None:
        if added:
            self._connection.execute(insert(self._table), added)
        if changed:
            old_key: BindParameter[int] = bindparam("old_key")
            self._connection.execute(
                delete(self._values).where(self._values.c.key == old_key),
                [{"old_key": row["old_key"]} for row in changed],
            )
            names = [name for name in changed[0] if name != "old_key"]
            self._connection.execute(
                update(self._table)
                .where(self._table.c.key == old_key)
                .values({name: bindparam(f"new_{name}") for name in names}),
                [
                    {"old_key": row["old_key"]} | {f"new_{name}": row[name] for name in names}
                    for row in changed
                ],
            )
        if values:
            self._connection.execute(insert(self._values), values)

    def _next_key(self) -> int:
        largest = self._connection.scalar(select(func.max(self._table.c.key)))
        return (largest or 0) + 1


def version_of(resource: Resource) -> str:
    """Return the weak entity tag of a resource's content (RFC 7644 §3.14, RFC 9110 §8.8.3)."""
    content = orjson.dumps(resource, option=orjson.OPT_SORT_KEYS)
    return f'W/"{blake2b(content, digest_size=16).hexdigest()}"'
