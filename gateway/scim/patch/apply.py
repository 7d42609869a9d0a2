"""Applying operations to a resource: all of them, or none."""

from collections.abc import Mapping
from typing import Any

from gateway.scim.errors import Mutability
from gateway.scim.patch.merging import merged
from gateway.scim.patch.multivalued import MultiValued, check_required
from gateway.scim.patch.operation import Op, Operation, Patch
from gateway.scim.path import Target
from gateway.scim.schema import AttributeType, ResourceType, Returned
from gateway.scim.schema import Mutability as Kind
from gateway.scim.text import fold

Resource = Mapping[str, Any]


def apply_patch(resource: Resource, patch: Patch, resource_type: ResourceType) -> dict[str, Any]:
    """
    Return *resource* as it is after every operation of *patch*, each on the result of the last.

    Args:
        resource: The whole resource as JSON, by canonical names; it stays as it is.
        patch: The operations.
        resource_type: The type of the resource.

    Returns:
        The same form, without what was unassigned; ``schemas`` and ``meta`` are as they were.

    Raises:
        Mutability: Something would change that clients may not change, or be removed that every
            resource has.
        NoTarget: A path selects no value, and does not say what a new one would be, or says it
            otherwise than the value does.
        InvalidValue: Two values are made primary at once.
    """
    working = _Working(resource, resource_type)
    for operation in patch:
        working.apply(operation)
    return working.result()


class _Working:
    """A copy of a resource that is being changed."""

    def __init__(self, resource: Resource, resource_type: ResourceType) -> None:
        urns = [extension.schema.id for extension in resource_type.extensions]
        self._resource = {
            name: dict(value) if name in urns else value for name, value in resource.items()
        }
        self._urns = urns
        self._lists: dict[str, tuple[Target, MultiValued]] = {}

    def result(self) -> dict[str, Any]:
        for target, values in self._lists.values():
            self._put(target, values.result())
        return {
            name: value for name, value in self._resource.items() if name not in self._urns or value
        }

    def apply(self, operation: Operation) -> None:
        target = operation.target
        if Kind.READ_ONLY in (target.attribute.mutability, target.leaf.mutability):
            self._check_unchanged(operation)
        elif target.attribute.multi_valued:
            self._multivalued(target).apply(operation)
        elif target.attribute.type is AttributeType.COMPLEX:
            self._change_complex(operation)
        else:
            self._change_single(operation)

    # --- single-valued ------------------------------------------------------------------

    def _change_single(self, operation: Operation) -> None:
        value = None if operation.op is Op.REMOVE else operation.value
        check_required(operation.target.attribute, value)
        self._put(operation.target, value)

    def _change_complex(self, operation: Operation) -> None:
        target = operation.target
        part = target.sub_attribute
        value = None if operation.op is Op.REMOVE else operation.value
        parts = value if part is None else {part.name: value}
        changed: dict[str, Any] = {}
        if parts is not None:
            kept, nulls_go = self._get(target) or {}, operation.op is not Op.ADD
            changed = merged(kept, parts, target.attribute, nulls_go=nulls_go)
        check_required(target.attribute, changed or None)
        self._put(target, changed)

    # --- what nobody changes ------------------------------------------------------------

    def _check_unchanged(self, operation: Operation) -> None:
        """Let a value pass that is there already: clients send back what they were told."""
        target = operation.target
        current = self._get(Target(target.extension, target.attribute))
        given = operation.value
        takes_away = operation.op is Op.REMOVE or given in (None, [])
        if takes_away and operation.is_named and target.attribute.returned is Returned.REQUEST:
            # It is worked out for each answer, so nobody knows here whether there is any.
            is_same = False
        elif operation.op is Op.REMOVE:
            is_same = not current
        elif target.attribute.multi_valued:
            is_same = _holds(current or [], given, target)
            if operation.is_named and operation.op is Op.REPLACE:
                # Fewer values than there are would have to be taken away.
                is_same = is_same and len(_listed(given)) >= len(current or ())
        elif target.sub_attribute is not None:
            is_same = (current or {}).get(target.sub_attribute.name) == given
        else:
            is_same = current == given or given in (None, "", [], {})
            is_same = is_same and (given is not None or not operation.is_named or not current)
        if not is_same:
            raise Mutability(f"{target.name} is read-only; leave it out.")

    # --- where attributes are -----------------------------------------------------------

    def _multivalued(self, target: Target) -> MultiValued:
        whole = Target(target.extension, target.attribute)
        if whole.name not in self._lists:
            self._lists[whole.name] = whole, MultiValued(whole, self._get(whole) or ())
        return self._lists[whole.name][1]

    def _get(self, target: Target) -> Any:
        holder = self._resource if target.extension is None else self._of(target.extension)
        return holder.get(target.attribute.name)

    def _put(self, target: Target, value: Any) -> None:
        holder = self._resource if target.extension is None else self._of(target.extension)
        if value in (None, [], {}):
            holder.pop(target.attribute.name, None)
        else:
            holder[target.attribute.name] = value

    def _of(self, urn: str) -> dict[str, Any]:
        return self._resource.setdefault(urn, {})


def _holds(current: list[Any], given: object, target: Target) -> bool:
    """Return whether every value of *given* is among *current*, as far as it can be told."""
    known = {fold(str(_part(each))) for each in current}
    return all(each is None or fold(str(_part(each))) in known for each in _listed(given)) or (
        target.attribute.name == "schemas"
    )


def _listed(given: object) -> list[Any]:
    """Return the values of a list, of which one may stand alone: nobody has read it before."""
    if given is None:
        return []
    return given if isinstance(given, list) else [given]


def _part(value: Any) -> Any:
    return value.get("value") if isinstance(value, dict) else value
