"""The simulation's own resources: what was called, and what shall go wrong."""

import orjson
from flask import Blueprint, Response, request

from gateway.sandbox.calls import Calls
from gateway.sandbox.errors import bad_request, not_found
from gateway.sandbox.faults import FaultKind, Faults
from gateway.sandbox.world import World

PREFIX = "/sandbox/"
COUNTS = {"times": 1, "skip": 0}


def accept_invitation(world: World, email: str) -> None:
    """Accept an invitation, as a person who is called as the address begins."""
    world.accept_invitation(email, display_name=email.partition("@")[0])


def control(calls: Calls, faults: Faults, world: World) -> Blueprint:
    """
    ``/sandbox/calls``, ``/sandbox/faults`` and ``/sandbox/invitations/accept``.

    They take no credentials and have no budget and no faults.
    """
    blueprint = Blueprint("control", __name__, url_prefix=PREFIX.rstrip("/"))

    @blueprint.get("/calls")
    def show_calls() -> Response:
        writes = [str(made) for made in calls.writes]
        return _json(
            {"total": calls.total, "by_resource": dict(calls.by_resource), "writes": writes}
        )

    @blueprint.post("/invitations/accept")
    def accept() -> Response:
        asked = request.get_json(force=True, silent=True) or {}
        emails = [str(asked["email"])] if "email" in asked else list(world.invitations)
        for email in emails:
            if email.casefold() not in world.invitations:
                raise not_found(f"{email} was not invited")
            accept_invitation(world, email)
        return Response(status=204)

    @blueprint.delete("/calls")
    def reset_calls() -> Response:
        calls.reset()
        return Response(status=204)

    @blueprint.get("/faults")
    def show_faults() -> Response:
        return _json(
            {
                "planned": [
                    {
                        "kind": fault.kind.value,
                        "path": fault.path,
                        "method": fault.method,
                        "times": fault.times,
                        "skip": fault.skip,
                        "after": fault.after,
                    }
                    for fault in faults.pending()
                ]
            }
        )

    @blueprint.post("/faults")
    def plan_fault() -> Response:
        _plan(faults, request.get_json(force=True, silent=True))
        return Response(status=201)

    @blueprint.delete("/faults")
    def clear_faults() -> Response:
        faults.clear()
        return Response(status=204)

    return blueprint


def _plan(faults: Faults, asked: object) -> None:
    if not isinstance(asked, dict) or asked.get("kind") not in set(FaultKind):
        raise bad_request(f"kind is one of {', '.join(FaultKind)}")
    counts = {name: asked.get(name, default) for name, default in COUNTS.items()}
    retry_after = asked.get("retry_after_seconds")
    numbers = [*counts.values(), 0 if retry_after is None else retry_after]
    if not all(type(number) is int and number >= 0 for number in numbers):
        raise bad_request("times, skip and retry_after_seconds are numbers from 0 on")
    faults.plan(
        FaultKind(asked["kind"]),
        str(asked.get("path", "*")),
        method=str(asked.get("method", "*")),
        retry_after_seconds=retry_after,
        after=asked.get("after") is True,
        **counts,
    )


def _json(body: object) -> Response:
    return Response(orjson.dumps(body), mimetype="application/json")
