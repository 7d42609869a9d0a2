"""The simulated Bitbucket for a WSGI server: ``gunicorn 'gateway.sandbox.wsgi:application()'``."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import fields
from typing import Any

from flask import Flask

from gateway.sandbox.app import create_app
from gateway.sandbox.behaviour import Behaviour, Paging
from gateway.sandbox.faults import FaultKind, Faults
from gateway.sandbox.generate import generate

VARIABLE = "SANDBOX_OPTIONS"
WORLD_OPTIONS = {"users", "groups", "projects", "repositories", "seed", "slug", "shape"}
BEHAVIOUR_OPTIONS = {field.name for field in fields(Behaviour)}
# What each is called here, and there.
FAULT_OPTIONS = {
    "fault_rate": "rate",
    "fault_kinds": "kinds",
    "fault_seed": "seed",
    "stall_seconds": "stall_seconds",
}
KNOWN_OPTIONS = {*WORLD_OPTIONS, *BEHAVIOUR_OPTIONS, *FAULT_OPTIONS, "administration_moved"}


def application(options_json: str | None = None) -> Flask:
    """
    Generate a world and build the application that serves it.

    One worker process only, with as many threads as wanted: the world lives in its memory.

    Args:
        options_json: A JSON object; the environment variable ``SANDBOX_OPTIONS`` unless given.
            What :func:`gateway.sandbox.generate` takes, the attributes of ``Behaviour``,
            ``fault_rate``, ``fault_kinds``, ``fault_seed``, ``stall_seconds`` and
            ``administration_moved``; all of them optional.

    Raises:
        TypeError: The text is no JSON object.
        ValueError: It is no JSON, or holds an option there is not.
    """
    text = os.environ.get(VARIABLE, "{}") if options_json is None else options_json
    options = json.loads(text)
    if not isinstance(options, dict):
        raise TypeError(f"{VARIABLE} is not a JSON object")
    unknown = sorted(options.keys() - KNOWN_OPTIONS)
    if unknown:
        raise ValueError(f"no such options: {', '.join(unknown)}")
    world = generate(**_chosen(options, WORLD_OPTIONS))
    if options.get("administration_moved"):
        world.move_administration()
    return create_app(
        world, behaviour=Behaviour(**_chosen(options, BEHAVIOUR_OPTIONS)), faults=_faults(options)
    )


def _chosen(options: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    chosen = {name: options[name] for name in names if name in options}
    if "paging" in chosen:
        chosen["paging"] = Paging(chosen["paging"])
    return chosen


def _faults(options: Mapping[str, Any]) -> Faults:
    chosen = {there: options[here] for here, there in FAULT_OPTIONS.items() if here in options}
    if "kinds" in chosen:
        chosen["kinds"] = [FaultKind(kind) for kind in chosen["kinds"]]
    return Faults(**chosen)
