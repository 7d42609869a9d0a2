"""The API described: ``/docs`` for people, ``/openapi.yaml`` and ``.json`` for programs."""

from collections.abc import Mapping
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from types import ModuleType

import flask_swagger_ui
from flask import Flask, Response, request

import gateway.web
from gateway.scim.errors import NotFound
from gateway.web.addresses import Addresses
from gateway.web.description import load_description
from gateway.web.preconditions import IfNoneMatch

#: What the page may do: run and show what comes from here, and call what is here. Swagger UI draws
#: its icons from addresses that hold them.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
#: A browser asks each time whether what it has is still it.
_HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
_PAGE_HEADERS = {**_HEADERS, "Content-Security-Policy": _POLICY, "Referrer-Policy": "no-referrer"}

_CSS, _JAVASCRIPT = "text/css; charset=utf-8", "text/javascript; charset=utf-8"
#: What the page is made of, ours and Swagger UI's: which package has it, where, and what it is.
_PARTS: Mapping[str, tuple[ModuleType, str, str]] = {
    "docs.css": (gateway.web, "pages", _CSS),
    "docs.js": (gateway.web, "pages", _JAVASCRIPT),
    "favicon-32x32.png": (flask_swagger_ui, "dist", "image/png"),
    "swagger-ui-bundle.js": (flask_swagger_ui, "dist", _JAVASCRIPT),
    "swagger-ui.css": (flask_swagger_ui, "dist", _CSS),
}


def add_documentation(app: Flask, addresses: Addresses) -> None:
    """
    Add ``/docs`` with its parts, the description, and a way from ``/`` to the page.

    They are open to everyone: they say what is public anyway, and nothing of the workspace.
    Addresses in the page are relative, so that it works below any path that a proxy serves it at.
    """

    def as_yaml() -> Response:
        text = load_description().as_yaml(addresses.public_base())
        return _answer(text, "application/yaml", _HEADERS)

    def as_json() -> Response:
        text = load_description().as_json(addresses.public_base())
        return _answer(text, "application/json", _HEADERS)

    app.add_url_rule("/", endpoint="start", view_func=_start)
    app.add_url_rule("/docs", endpoint="docs", view_func=_page)
    app.add_url_rule("/docs/<part>", endpoint="docs.part", view_func=_part)
    app.add_url_rule("/openapi.yaml", endpoint="openapi.yaml", view_func=as_yaml)
    app.add_url_rule("/openapi.json", endpoint="openapi.json", view_func=as_json)


def _start() -> Response:
    return _see("docs")


def _page() -> Response:
    if request.path.endswith("/"):
        # The relative addresses in the page are of one without a slash at its end.
        return _see("../docs")
    page = _read(gateway.web, "pages", "docs.html")
    return _answer(page, "text/html; charset=utf-8", _PAGE_HEADERS)


def _part(part: str) -> Response:
    if part not in _PARTS:
        raise NotFound(f"The documentation has no part {part}.")
    package, folder, content_type = _PARTS[part]
    return _answer(_read(package, folder, part), content_type, _HEADERS)


@cache
def _read(package: ModuleType, folder: str, name: str) -> bytes:
    return (files(package) / folder / name).read_bytes()


def _answer(body: bytes, content_type: str, headers: Mapping[str, str]) -> Response:
    known = IfNoneMatch.of_reader(request.headers.get("If-None-Match"))
    tag = f'"{blake2b(body, digest_size=16).hexdigest()}"'
    answer = Response(headers={**headers, "ETag": tag}, content_type=content_type)
    if known.holds(tag):
        answer.status_code = 304
    else:
        answer.set_data(body)
    return answer


def _see(address: str) -> Response:
    # Relative (RFC 9110 §10.2.2): no address is made of a Host that anybody can send.
    answer = Response(status=302, headers={**_HEADERS, "Location": address})
    del answer.headers["Content-Type"]
    return answer
