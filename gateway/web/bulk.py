"""``/Bulk``: many changes in one request (RFC 7644 §3.7)."""

from collections.abc import Mapping

from flask import Flask, Response, g, request

from gateway.scim.bulk.message import Limits, bulk_response, read_bulk
from gateway.scim.errors import InvalidValue
from gateway.scim.freshness import together
from gateway.scim.handler import Author, ResourceHandler, ResourceWriter
from gateway.scim.schema import Registry
from gateway.web.addresses import ROOT, Addresses
from gateway.web.answers import notes_header, provenance_headers, scim_answer
from gateway.web.authentication import Authenticator
from gateway.web.bodies import json_body
from gateway.web.bulk_job import Job
from gateway.web.bulk_versions import Versions
from gateway.web.preconditions import is_dry_run, refuse_conditions


def add_bulk(
    app: Flask,
    registry: Registry,
    handlers: Mapping[str, ResourceHandler],
    writers: Mapping[str, ResourceWriter],
    *,
    authenticator: Authenticator,
    addresses: Addresses,
) -> None:
    """
    Add the endpoint.

    Args:
        app: The application.
        registry: The resource types, and how large a request may be.
        handlers: Who knows resources, by the name of their type.
        writers: Who changes them, likewise.
        authenticator: Knows the tokens.
        addresses: Tells the address of the service.
    """
    limits = Limits.of(registry)

    def view() -> Response:
        token = authenticator.check(request.headers.get("Authorization"))
        if is_dry_run(request.headers.get("X-Dry-Run")):
            raise InvalidValue(
                "A bulk request has no dry run, as each operation rests on what those before it "
                "have done; send its operations one by one, with X-Dry-Run."
            )
        refuse_conditions(request.headers)
        limits.check_size(request.content_length or 0)
        body = json_body()
        limits.check_size(len(request.get_data()))
        base_url = addresses.base_url()
        bulk = read_bulk(body, registry, limits, base_url=base_url)
        author = Author(token=token, request_id=g.request_id)
        job = Job(bulk, writers, Versions(handlers, base_url), author, base_url)
        job.carry_out()
        told = [(bulk.operations[n], result) for n, result in sorted(job.results.items())]
        headers = provenance_headers(together(job.provenances)) | notes_header(job.notes)
        return scim_answer(bulk_response(told), headers=headers)

    app.add_url_rule(f"{ROOT}/Bulk", endpoint="bulk", view_func=view, methods=["POST"])
