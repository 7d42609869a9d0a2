"""
The ceiling: the least application that answers in the same shape.

What it answers is ready: the bytes, as many as the gateway's answer has, and the same headers.
"""

import json
import os
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from flask import Flask, Response

#: The file that says what is answered to what.
FILE = "CEILING_ANSWERS"
_OF_THE_SERVER = frozenset({"server", "date", "connection", "content-length", "content-type"})
_HAS_NO_BODY = frozenset({HTTPStatus.NOT_MODIFIED})


@dataclass(frozen=True, slots=True)
class Shape:
    """The shape of an answer: its status, the length of its body, and its headers."""

    status: int
    size: int
    headers: list[tuple[str, str]]


def save(shapes: dict[str, Shape], path: Path) -> None:
    """Write what is answered below each prefix, but for the headers that the server adds."""
    told = {
        prefix: {
            "status": shape.status,
            "size": shape.size,
            "headers": [pair for pair in shape.headers if pair[0].lower() not in _OF_THE_SERVER],
        }
        for prefix, shape in shapes.items()
    }
    path.write_text(json.dumps(told), encoding="utf-8")


def create_app() -> Flask:
    """Return the application."""
    app = Flask("ceiling", static_folder=None)
    told = json.loads(Path(os.environ[FILE]).read_text(encoding="utf-8"))
    ready = {
        prefix: (b"x" * shape["size"], shape["status"], [tuple(h) for h in shape["headers"]])
        for prefix, shape in told.items()
    }

    @app.get("/<prefix>/<path:_asked>")
    def answer(prefix: str, _asked: str) -> Response:
        body, status, headers = ready[prefix]
        content_type = None if status in _HAS_NO_BODY else "application/scim+json"
        return Response(body, status, headers, content_type=content_type)

    @app.get("/")
    def alive() -> Response:
        return Response(b"")

    return app
