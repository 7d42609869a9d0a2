"""Random filters over users, each with what it should mean, said of the truth itself."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from hypothesis import strategies as st

from tests.end_to_end.worlds import NAMES, Truth

Predicate = Callable[[Truth], bool]
Compare = Callable[[str, str], bool]

OPERATORS: Mapping[str, Compare] = {
    "eq": lambda actual, wanted: actual == wanted,
    "ne": lambda actual, wanted: actual != wanted,
    "co": lambda actual, wanted: wanted in actual,
    "sw": lambda actual, wanted: actual.startswith(wanted),
    "ew": lambda actual, wanted: actual.endswith(wanted),
    "gt": lambda actual, wanted: actual > wanted,
    "ge": lambda actual, wanted: actual >= wanted,
    "lt": lambda actual, wanted: actual < wanted,
    "le": lambda actual, wanted: actual <= wanted,
}


@dataclass(frozen=True, slots=True)
class Question:
    """A filter and its meaning."""

    text: str
    holds: Predicate

    def __repr__(self) -> str:
        return self.text


def questions() -> st.SearchStrategy[Question]:
    """Return filters with every operator, connectives, brackets and value paths."""
    return st.recursive(_clauses(), _combined, max_leaves=5)


def _clauses() -> st.SearchStrategy[Question]:
    return st.one_of(
        st.builds(_display_name, st.sampled_from(sorted(OPERATORS)), st.sampled_from(NAMES)),
        st.builds(_group, st.sampled_from(sorted(OPERATORS)), st.sampled_from(NAMES)),
        st.builds(_role, st.sampled_from(["owner", "member", "collaborator", "OWNER"])),
        st.builds(_active, st.booleans()),
        st.builds(_entitlement, st.sampled_from(["read", "write", "admin", "create-repo"])),
        st.builds(
            _value_path,
            st.sampled_from(["repository", "project"]),
            st.sampled_from(["read", "write", "admin"]),
        ),
        st.sampled_from(
            [
                Question("entitlements pr", lambda user: bool(user.entitlements)),
                Question("groups pr", lambda user: bool(user.groups)),
                Question("userName pr", lambda _: True),
            ]
        ),
    )


def _display_name(operator: str, name: str) -> Question:
    compare = OPERATORS[operator]
    return Question(
        f"displayName {operator} {json.dumps(name)}",
        lambda user: compare(user.display_name.lower(), name.lower()),
    )


def _group(operator: str, name: str) -> Question:
    compare = OPERATORS["eq" if operator == "ne" else operator]

    def holds(user: Truth) -> bool:
        found = any(compare(group.lower(), name.lower()) for group in user.groups)
        # Of a list, "ne" says that no value is equal.
        return found != (operator == "ne")

    return Question(f"groups.display {operator} {json.dumps(name)}", holds)


def _role(role: str) -> Question:
    return Question(f'roles.value eq "{role}"', lambda user: user.role == role.lower())


def _active(active: bool) -> Question:  # noqa: FBT001 - drawn by hypothesis
    return Question(f"active eq {json.dumps(active)}", lambda user: user.active is active)


def _entitlement(permission: str) -> Question:
    return Question(
        f'entitlements.value ew ":{permission}"',
        lambda user: any(e.endswith(f":{permission}") for e in user.entitlements),
    )


def _value_path(kind: str, permission: str) -> Question:
    return Question(
        f'entitlements[type eq "{kind}" and not (value co ":{permission}")]',
        lambda user: any(
            e.startswith(f"{kind}:") and f":{permission}" not in e for e in user.entitlements
        ),
    )


def _combined(inner: st.SearchStrategy[Question]) -> st.SearchStrategy[Question]:
    return st.one_of(
        st.builds(_joined, st.just("and"), st.lists(inner, min_size=2, max_size=3)),
        st.builds(_joined, st.just("or"), st.lists(inner, min_size=2, max_size=3)),
        inner.map(lambda q: Question(f"not ({q.text})", lambda user: not q.holds(user))),
    )


def _joined(connective: str, questions: Iterable[Question]) -> Question:
    asked = list(questions)
    of_all = {"and": all, "or": any}[connective]
    return Question(
        f" {connective} ".join(f"({question.text})" for question in asked),
        lambda user: of_all(question.holds(user) for question in asked),
    )
