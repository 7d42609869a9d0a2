"""Whether the process lives, and whether it can serve: for orchestrators, not for clients."""

from collections.abc import Callable, Sequence

import orjson
from flask import Flask, Response

#: Returns why the gateway can't serve, a sentence a reason; nothing if it can.
Readiness = Callable[[], Sequence[str]]

#: Where they are.
PATHS = frozenset({"/healthz", "/readyz"})


def add_health(app: Flask, readiness: Readiness) -> None:
    """Add ``/healthz`` and ``/readyz``."""

    def healthz() -> Response:
        return _answer({"status": "alive"}, 200)

    def readyz() -> Response:
        reasons = readiness()
        if reasons:
            return _answer({"status": "unready", "reasons": list(reasons)}, 503)
        return _answer({"status": "ready"}, 200)

    app.add_url_rule("/healthz", view_func=healthz)
    app.add_url_rule("/readyz", view_func=readyz)


def _answer(body: dict[str, object], status: int) -> Response:
    return Response(
        orjson.dumps(body),
        status=status,
        headers={"Cache-Control": "no-store"},
        content_type="application/json",
    )
