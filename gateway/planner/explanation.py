"""A plan in words, for people and for tests: the same plan always reads the same."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from gateway.planner.collections import Collection
from gateway.planner.needs import Need, Whole
from gateway.planner.plan import Plan, Read


def to_text(plan: Plan, incomplete: Sequence[str] = ()) -> str:
    """
    Return *plan* as lines: what it rests on with ages, what is read with costs, and why not.

    Args:
        plan: The plan.
        incomplete: The attributes of which not everything is known.
    """
    lines = list(_lines(plan))
    if incomplete:
        lines.append(f"not everything is known of {' and '.join(incomplete)}")
    return "\n".join(lines) + "\n"


def to_json(plan: Plan) -> dict[str, object]:
    """Return *plan* as the members of a JSON object; ages in seconds, null where never read."""
    return {
        "needs": [
            {"need": str(need), "ageSeconds": _age_seconds(plan, need)} for need in plan.needs.all()
        ],
        "calls": [_read_to_json(read) for read in (*plan.checks, *plan.reads)],
        "putOff": [
            {**_read_to_json(late.read), "reason": late.reason, "detail": late.sentence}
            for late in plan.put_off
        ],
        "totalCalls": plan.calls,
        "inferredPlaces": plan.knowledge.of(Whole(Collection.REPOSITORY_USER_GRANTS)).inferred,
    }


def _lines(plan: Plan) -> Iterator[str]:
    yield "rests on"
    for need in plan.needs.all():
        yield f"  {need}, {_age(plan, need)}"
    if not plan.needs.fresh:
        yield "  nothing"
    if plan.reads:
        yield "reads"
    for read in (*plan.checks, *plan.reads):
        yield f"  {_calls(read.calls)}  GET {read.source.resource}"
    for late in plan.put_off:
        yield f"puts off, for {late.reason}: {late.sentence}".rstrip()
        yield f"  {_calls(late.read.calls)}  GET {late.read.source.resource}"
    yield f"{_calls(plan.calls)} in all"


def _age(plan: Plan, need: Need) -> str:
    age = _age_seconds(plan, need)
    at_any_age = "" if need in plan.needs.fresh else ", of any age"
    return ("never read" if age is None else f"{age} s old") + at_any_age


def _age_seconds(plan: Plan, need: Need) -> int | None:
    read_at: datetime | None = plan.knowledge.of(need).read_at
    if read_at is None:
        return None
    return max(0, int((plan.knowledge.now - read_at).total_seconds()))


def _calls(calls: int | None) -> str:
    if calls is None:
        return "? calls"
    return "1 call" if calls == 1 else f"{calls} calls"


def _read_to_json(read: Read) -> dict[str, object]:
    return {
        "resource": f"GET {read.source.resource}",
        "budget": read.source.budget,
        "calls": read.calls,
        "for": [str(need) for need in read.needs],
    }
