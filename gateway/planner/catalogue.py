"""What the lists of what can be held rest on."""

from gateway.planner.collections import LIST_OF_TYPE
from gateway.planner.needs import Needs
from gateway.scim.filter.bound import And, Compare, Filter, Operator, Or

NOTHING = Needs(frozenset())


def needs_of_offers(node: Filter | None) -> Needs:
    """
    Return what must be known to tell what can be granted: the lists of projects and repositories.

    Args:
        node: What is selected; a list that it selects nothing of is not needed.
    """
    return Needs.whole(
        *(
            listed
            for object_type, listed in LIST_OF_TYPE.items()
            if node is None or _may_select(node, object_type)
        )
    )


def needs_of_offer(resource_id: str) -> Needs:
    """Return what must be known to tell of the one with that id; nothing if it can be none."""
    listed = LIST_OF_TYPE.get(resource_id.partition(":")[0])
    return NOTHING if listed is None else Needs.whole(listed)


def _may_select(node: Filter, object_type: str) -> bool:
    """Return whether *node* may select what is granted on places of the type."""
    match node:
        case And(operands=operands):
            return all(_may_select(operand, object_type) for operand in operands)
        case Or(operands=operands):
            return any(_may_select(operand, object_type) for operand in operands)
        case Compare(target=target, operator=Operator.EQ, value=str(text)):
            if target.name == "type":
                return text == object_type
            return target.name not in _BEGIN_WITH_TYPE or text.startswith(f"{object_type}:")
        case Compare(target=target, operator=Operator.SW, value=str(text)):
            start = f"{object_type}:"
            is_of_type = text.startswith(start) or start.startswith(text)
            return target.name not in _BEGIN_WITH_TYPE or is_of_type
    return True


_BEGIN_WITH_TYPE = frozenset({"id", "value"})
