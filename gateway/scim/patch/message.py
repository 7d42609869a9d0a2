"""Reading a PATCH message: every dialect comes to the same operations."""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.scim.errors import InvalidPath, InvalidSyntax, InvalidValue, NoTarget
from gateway.scim.fields import MOST_VALUES
from gateway.scim.filter.bind import bind_filter
from gateway.scim.filter.bound import ElementMatch, clauses_of
from gateway.scim.input import is_passed_over, read_parts, read_value
from gateway.scim.message_schemas import is_declared
from gateway.scim.patch.operation import Op, Operation, Patch
from gateway.scim.path import AttributePath, Target, resolve
from gateway.scim.schema import AttributeType, Mutability, ResourceType, Schema
from gateway.scim.told import TOLD_BY_VALUE, needs_value

PATCH_OP = "urn:ietf:params:scim:api:messages:2.0:PatchOp"

#: More changes than this are no request that somebody waits for.
MOST_OPERATIONS = 1000

#: So many attributes they may name in all, and comparisons that select values: one operation may
#: have several.
MOST_TARGETS = 5000

#: What every resource says of itself, and nobody changes.
_NEVER_CHANGED = frozenset({"schemas", "meta"})


def read_patch(body: object, resource_type: ResourceType) -> Patch:
    """
    Return the operations that *body* asks for, each of one attribute.

    Names, and the words for what is done, are read in any letter case. A value without a path is
    an object of attributes, whose names may be paths themselves. What RFC 7643 or a foreign
    schema declares and these resources don't have is passed over.

    Args:
        body: The JSON of the request.
        resource_type: The type of the resource.

    Raises:
        InvalidSyntax: It is no PATCH message, or names what no schema declares.
        InvalidPath: A path is malformed, or names what no schema declares.
        InvalidFilter: So is the filter in a path.
        InvalidValue: A value is missing, or of the wrong type; or there are too many operations,
            or too much in them.
        NoTarget: Something is to be removed, and no path says what.

    RFC 7644 §3.5.2.
    """
    message = _members(body, "The body")
    operations = message.get("operations")
    if not isinstance(operations, list) or not operations:
        raise InvalidSyntax("The body has no Operations; send a PatchOp message.")
    if len(operations) > MOST_OPERATIONS:
        raise InvalidValue(
            f"There are {len(operations)} operations; send at most {MOST_OPERATIONS} at once."
        )
    schemas = message.get("schemas")
    if not is_declared(schemas, PATCH_OP):
        raise InvalidSyntax(f"schemas names no PatchOp message: it has to hold {PATCH_OP}.")
    return tuple(_bounded(_operations(operations, resource_type)))


def _operations(operations: list[object], resource_type: ResourceType) -> Iterator[Operation]:
    for number, each in enumerate(operations):
        yield from _Reader(resource_type, f"Operations[{number}]").read(each)


def _bounded(operations: Iterator[Operation]) -> Iterator[Operation]:
    """Yield *operations*, as long as they are not too many for one request."""
    targets = values = 0
    for operation in operations:
        targets += 1 if operation.selector is None else clauses_of(operation.selector)
        values += len(operation.value) if isinstance(operation.value, list) else 0
        if targets > MOST_TARGETS or values > MOST_VALUES:
            raise InvalidValue(
                f"The operations name more than {MOST_TARGETS} attributes and values to select, "
                f"or have more than {MOST_VALUES} values; send fewer at once."
            )
        yield operation


class _Reader:
    """Reads one operation of a message, which may be about several attributes."""

    def __init__(self, resource_type: ResourceType, where: str) -> None:
        self._type = resource_type
        self._where = where

    def read(self, given: object) -> Iterator[Operation]:
        named: set[str] = set()
        for operation in self._read(given):
            name = operation.target.name
            if operation.selector is None and name in named:
                raise InvalidSyntax(f"{self._where} has {name} twice, in different spellings.")
            named.add(name)
            yield operation

    def _read(self, given: object) -> Iterator[Operation]:
        members = _members(given, self._where)
        op = self._op(members.get("op"))
        path, value = members.get("path"), members.get("value")
        if path is not None and not isinstance(path, str):
            raise InvalidPath(f"{self._where}.path is no text.")
        if op is Op.ADD and value is None:
            raise InvalidValue(f"{self._where} adds nothing: it has no value.")
        if op is Op.REPLACE and "value" not in members:
            raise InvalidValue(f"{self._where} has no value; to take all away, send null.")
        if path:
            extension = self._type.extension(path)
            if extension is not None:
                yield from self._of_extension(op, extension, value, has_value="value" in members)
            elif self._is_core(path):
                if op is Op.REMOVE:
                    raise NoTarget(f"{self._where} is about all of it; DELETE takes it away.")
                yield from self._of_resource(op, value)
            else:
                yield from self._of_path(op, path, value, is_named=True)
        else:
            yield from self._of_resource(op, value)

    def _op(self, word: object) -> Op:
        try:
            return Op(word.lower() if isinstance(word, str) else "")
        except ValueError:
            raise InvalidSyntax(f"{self._where}.op is neither add, remove nor replace.") from None

    def _of_resource(self, op: Op, value: object) -> Iterator[Operation]:
        if op is Op.REMOVE:
            raise NoTarget(f"{self._where} has no path that says what to remove.")
        if not isinstance(value, dict):
            raise InvalidValue(f"{self._where} has no path, so its value is an object.")
        for name, inner in value.items():
            extension = self._type.extension(name)
            if name.lower() in _NEVER_CHANGED:
                continue
            if extension is not None:
                yield from self._of_extension(op, extension, inner, has_value=True)
            elif self._is_core(name):
                if inner is not None:
                    yield from self._of_extension(op, self._type.schema, inner, has_value=True)
            else:
                yield from self._of_path(op, name, inner, is_named=False)

    def _is_core(self, name: str) -> bool:
        return name.lower() == self._type.schema.id.lower()

    def _of_extension(
        self, op: Op, extension: Schema, value: object, *, has_value: bool
    ) -> Iterator[Operation]:
        if value is None or (op is Op.REMOVE and not has_value):
            if op is Op.ADD:
                return
            for attribute in extension.attributes:
                if attribute.mutability is not Mutability.READ_ONLY:
                    yield Operation(Op.REMOVE, Target(extension.id, attribute), None, None, False)
            return
        if not isinstance(value, dict):
            raise InvalidValue(f"{extension.id} is an object.")
        for name, inner in value.items():
            if name.lower() not in _NEVER_CHANGED:
                yield from self._of_path(op, f"{extension.id}:{name}", inner, is_named=False)

    def _of_path(self, op: Op, text: str, value: object, *, is_named: bool) -> Iterator[Operation]:
        target, selector = self._bind(text, is_named=is_named)
        if target is None:
            return
        if not is_named and op is Op.ADD and value is None:
            return
        if op is Op.REMOVE and selector is not None:
            value = None
        if target.leaf.mutability is Mutability.READ_ONLY:
            # Whether that changes anything is seen when it is applied.
            yield Operation(op, target, selector, value, is_named)
            return
        if op is Op.REMOVE and target.leaf.multi_valued and value == []:
            # The list that a client made of what is to go may be empty: that is no word for all.
            return
        given = self._value(op, target, selector, value)
        if given is None and value not in (None, []) and _passes_over(op, target):
            # No address is left of it, which is no word for none.
            return
        if op is Op.REMOVE and target.leaf.multi_valued and given is not None:
            _check_told(target, given)
        yield Operation(op, target, selector, given, is_named)

    def _value(self, op: Op, target: Target, selector: ElementMatch | None, value: object) -> Any:
        if value is None:
            return None
        is_complex = target.leaf.type is AttributeType.COMPLEX
        if value == "" and ((is_complex and not target.leaf.multi_valued) or _is_told_part(target)):
            return None
        if is_complex and (selector is not None or not target.leaf.multi_valued):
            return read_parts(target, _alone(target, value))
        read = read_value(target, value)
        if target.leaf.multi_valued:
            given = value if isinstance(value, list) else [value]
            if len(read or []) < len(given) and not _passes_over(op, target):
                raise _untold(target)
            if target.sub_attribute is None and needs_value(target.attribute):
                _check_told(target, read or [])
        return read

    def _bind(self, text: str, *, is_named: bool) -> tuple[Target | None, ElementMatch | None]:
        """Return what a path names, None for what is passed over, and the selector in it."""
        head, bracket, _ = text.partition("[")
        if not bracket:
            return self._resolved(AttributePath.parse(text), is_named=is_named), None
        selection, closed, tail = text.rpartition("]")
        if not closed or (tail and not tail.startswith(".")):
            raise InvalidPath(f'{text!r} has no end: emails[type eq "work"].value is a path.')
        path = AttributePath.parse(f"{head}{tail}")
        if self._resolved(AttributePath.parse(head), is_named=is_named) is None:
            return None, None
        target = self._resolved(path, is_named=is_named)
        selector = bind_filter(f"{selection}]", self._type)
        if not isinstance(selector, ElementMatch):
            raise InvalidPath(f"{text!r} selects by more than one pair of brackets.")
        return target, selector

    def _resolved(self, path: AttributePath, *, is_named: bool) -> Target | None:
        target = resolve(path, self._type)
        if target is not None or is_passed_over(path, self._type):
            return target
        if is_named:
            raise InvalidPath(
                f"A {self._type.name} has no attribute {path}; /Schemas lists those it has."
            )
        raise InvalidSyntax(f"{path} is declared by no schema; /Schemas lists what is.")


def _alone(target: Target, value: object) -> object:
    """Return what is said of each selected value: it may be in a list, alone."""
    if not isinstance(value, list) or not target.leaf.multi_valued:
        return value
    if len(value) != 1 or value[0] is None:
        raise InvalidValue(f"{target.name}: one value is wanted in the place of others.")
    return value[0]


def _passes_over(op: Op, target: Target) -> bool:
    """
    Return whether a value that says nothing is passed over, as it is where a resource is sent.

    Of what gives access it would leave fewer, and in a removal none is the word for everything.
    """
    attribute = target.attribute
    is_none = needs_value(attribute) and attribute.name not in TOLD_BY_VALUE
    return is_none and target.sub_attribute is None and op is not Op.REMOVE


def _is_told_part(target: Target) -> bool:
    part = target.sub_attribute
    return part is not None and part.name == "value" and needs_value(target.attribute)


def _check_told(target: Target, values: list[Any]) -> None:
    """Refuse a value that does not say which one it is."""
    parts = {part.name for part in target.leaf.sub_attributes}
    if "value" in parts and not all(each.get("value") for each in values):
        raise _untold(target)


def _untold(target: Target) -> InvalidValue:
    return InvalidValue(f"{target.name}: each one is told by its value, and one has none.")


def _members(given: object, what: str) -> Mapping[str, Any]:
    """Return the members of an object by their names in lower case."""
    if not isinstance(given, dict):
        raise InvalidSyntax(f"{what} is no JSON object.")
    members = {str(name).lower(): value for name, value in given.items()}
    if len(members) < len(given):
        raise InvalidSyntax(f"{what} has a member twice, in different letter cases.")
    return members
