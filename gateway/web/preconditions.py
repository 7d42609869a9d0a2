"""What a change is made under: conditions (RFC 7644 §3.14, RFC 9110 §13), and dry runs."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from itertools import tee

from werkzeug.datastructures import Headers

from gateway.scim.errors import InvalidValue, VersionChanged

_ENTITY_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
# RFC 9110 §5.6.1: empty elements of a list are passed over.
_LIST = re.compile(rf"[\s,]*{_ENTITY_TAG}(?:\s*,[\s,]*{_ENTITY_TAG})*[\s,]*")


@dataclass(frozen=True, slots=True)
class IfNoneMatch:
    """
    The versions that a client has already.

    Attributes:
        opaque_tags: Their entity tags without the mark of weak ones; None stands for any.
    """

    opaque_tags: frozenset[str] | None = frozenset()

    @classmethod
    def parse(cls, header: str | None) -> "IfNoneMatch":
        """
        Read the header; a client that sends none has no version.

        Raises:
            InvalidValue: It is neither ``*`` nor a list of entity tags.
        """
        if header is None:
            return cls()
        if header.strip() == "*":
            return cls(None)
        return cls(_tags(header, "The header If-None-Match"))

    @classmethod
    def of_reader(cls, header: str | None) -> "IfNoneMatch":
        """
        Read the header of a request that changes nothing.

        What can't be read names no version that is there, so that the answer is sent: to read is
        always safe (RFC 9110 §13.1.2).
        """
        try:
            return cls.parse(header)
        except InvalidValue:
            return cls()

    def holds(self, version: str | None) -> bool:
        """
        Return whether the client has *version*; the comparison is weak (RFC 9110 §13.1.2).

        Nobody has what has no version, unless any will do.
        """
        if self.opaque_tags is None:
            return True
        return version is not None and _opaque(version) in self.opaque_tags

    def holds_any(self, versions: Iterable[str]) -> bool:
        """Return whether the client has one of *versions*; who has none looks at none."""
        return self.opaque_tags != frozenset() and any(map(self.holds, versions))


@dataclass(frozen=True, slots=True)
class IfMatch:
    """
    The versions that a request is meant for.

    Attributes:
        opaque_tags: Their entity tags without the mark of weak ones; None stands for any.
    """

    opaque_tags: frozenset[str] | None = None

    @classmethod
    def parse(cls, header: str | None, what: str = "The header If-Match") -> "IfMatch":
        """
        Read the header; a request that has none is meant for any.

        Args:
            header: The header, or what says the same elsewhere.
            what: What errors call it.

        Raises:
            InvalidValue: It is neither ``*`` nor a list of entity tags.
        """
        if header is None or header.strip() == "*":
            return cls()
        return cls(_tags(header, what))

    def holds(self, versions: Iterable[str]) -> bool:
        """
        Return whether the request is meant for one of *versions*; it looks at no more than needed.

        The comparison is weak, as RFC 7644 §3.14 uses weak tags here; RFC 9110 would never let
        one match.
        """
        tags = self.opaque_tags
        return tags is None or any(_opaque(version) in tags for version in versions)


def is_dry_run(header: str | None) -> bool:
    """
    Return whether the header ``X-Dry-Run`` asks to say what would be done, and do nothing.

    Raises:
        InvalidValue: It is neither true nor false.
    """
    words = {None: False, "true": True, "false": False}
    read = words.get(header and header.strip().lower())
    if read is None:
        raise InvalidValue("The header X-Dry-Run is true or false.")
    return read


def tag_of(body: bytes) -> str:
    """
    Return the entity tag of a body that is no single resource's, such as a list's.

    It is weak, as those of resources are (RFC 7644 §3.14).
    """
    return f'W/"{blake2b(body, digest_size=16).hexdigest()}"'


def expected_version(headers: Headers) -> Callable[[Iterable[str]], bool]:
    """
    Return what tells of the versions of a resource whether a request to change it is meant for it.

    One of them has to be in ``If-Match``, and none in ``If-None-Match`` (RFC 9110 §13.2.2).

    Raises:
        InvalidValue: One of the headers can't be read.
    """
    meant = IfMatch.parse(headers.get("If-Match"))
    unwanted = IfNoneMatch.parse(headers.get("If-None-Match"))

    def is_expected(versions: Iterable[str]) -> bool:
        to_match, to_differ = tee(versions)
        return meant.holds(to_match) and not unwanted.holds_any(to_differ)

    return is_expected


def refuse_version(headers: Headers) -> None:
    """
    Let a request pass that makes a resource, if it is not meant for a version.

    What is made has none before, so that ``If-None-Match`` always holds, and ``If-Match`` never.

    Raises:
        InvalidValue: One of the headers can't be read.
        VersionChanged: There is an ``If-Match``.
    """
    IfNoneMatch.parse(headers.get("If-None-Match"))
    IfMatch.parse(headers.get("If-Match"))
    if "If-Match" in headers:
        raise VersionChanged(
            "What is made has no version that If-Match could name; send the request without it."
        )


def refuse_conditions(headers: Headers) -> None:
    """
    Let a request pass that is about no single resource, if it has no condition.

    Raises:
        InvalidValue: There is an ``If-Match`` or an ``If-None-Match``.
    """
    for name in ("If-Match", "If-None-Match"):
        if name in headers:
            raise InvalidValue(
                f"A bulk request is about no single version that {name} could name; give each "
                "operation its own version."
            )


def _tags(header: str, what: str) -> frozenset[str]:
    if not _LIST.fullmatch(header):
        raise InvalidValue(f'{what} holds no entity tags; send one as it was got, as W/"1f…".')
    return frozenset(map(_opaque, re.findall(_ENTITY_TAG, header)))


def _opaque(entity_tag: str) -> str:
    return entity_tag.removeprefix("W/")
