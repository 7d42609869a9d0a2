"""``bitbucket-scim explain``."""

from collections.abc import Mapping
from typing import Any, BinaryIO

import click
import orjson

from gateway.assembly import Gateway, assemble
from gateway.cli.environment import settings_of_environment, usable_database
from gateway.logs import configure_logs
from gateway.scim.errors import InvalidSyntax, ScimError
from gateway.scim.freshness import FreshnessWanted
from gateway.scim.handler import Author, Write
from gateway.scim.messages import read_query
from gateway.scim.patch.message import read_patch
from gateway.scim.projection import Projection
from gateway.scim.schema import ResourceType
from gateway.web.addresses import Addresses

#: Where the service would be found, if nothing says where it is.
_SOMEWHERE = "https://scim.example.com"


@click.command()
@click.argument("filter", required=False)
@click.option(
    "--type", "type_name", type=click.Choice(["User", "Group"]), default="User", show_default=True
)
@click.option("--attributes", help="What is shown, separated by commas.")
@click.option("--excluded-attributes", help="What is not shown.")
@click.option("--sort-by", help="The attribute to sort by.")
@click.option(
    "--patch", "patch_file", type=click.File("rb"), help="A PATCH message, to be said what it does."
)
@click.option("--id", "resource_id", help="The id of the resource that the message is for.")
@click.option("--no-cache", is_flag=True, help="As if nothing older than the request would do.")
@click.option("--max-age", type=click.IntRange(0), help="The greatest age, in seconds.")
def explain(
    *,
    filter: str | None,  # noqa: A002 - the name that RFC 7644 gives it
    type_name: str,
    attributes: str | None,
    excluded_attributes: str | None,
    sort_by: str | None,
    patch_file: BinaryIO | None,
    resource_id: str | None,
    no_cache: bool,
    max_age: int | None,
) -> None:
    """
    Say what a query rests on and would cost, without making it.

    FILTER is a SCIM filter, such as 'userName eq "ann@acme.com"'. Prints what the answer rests on
    and how old that is, the calls of Bitbucket that would make it young enough, and the statement
    that selects in the mirror.

    With --patch and --id, says what calls of Bitbucket the PATCH message would make, and makes
    none of them.
    """
    if (patch_file is None) != (resource_id is None):
        raise click.UsageError("--patch and --id go together.")
    of_query = (filter, attributes, excluded_attributes, sort_by, no_cache or None, max_age)
    if patch_file is not None and any(each is not None for each in of_query):
        raise click.UsageError("--patch goes with --id and --type alone: it asks no query.")
    settings = settings_of_environment(serving=False)
    configure_logs(settings.gateway_log_format, level="error")
    with usable_database():
        gateway = assemble(settings)
    parameters = {
        "filter": filter,
        "attributes": attributes,
        "excludedAttributes": excluded_attributes,
        "sortBy": sort_by,
    }
    resource_type = next(t for t in gateway.registry.resource_types if t.name == type_name)
    base_url = Addresses(settings.gateway_public_url or _SOMEWHERE).base_url_in({})
    try:
        if patch_file is not None and resource_id is not None:
            _tell(_foretold(gateway, resource_type, resource_id, patch_file.read(), base_url))
            return
        query = read_query(
            {name: [value] for name, value in parameters.items() if value is not None},
            resource_type,
            base_url=base_url,
            freshness=FreshnessWanted(no_cache=no_cache, max_age_seconds=max_age),
        )
        explanation = gateway.explain(type_name, query)
    except ScimError as error:
        raise click.ClickException(error.detail) from None
    finally:
        gateway.close()
    click.echo(f"{explanation['text']}selects by\n  {explanation['sql']}")


def _foretold(
    gateway: Gateway, resource_type: ResourceType, resource_id: str, message: bytes, base_url: str
) -> Mapping[str, Any]:
    """Return the plan of a PATCH message."""
    try:
        body = orjson.loads(message)
    except orjson.JSONDecodeError:
        raise InvalidSyntax("The PATCH message is not JSON.") from None
    write = Write(
        author=Author(token="command line", request_id="explain"),  # noqa: S106 - a name
        base_url=base_url,
        projection=Projection(resource_type),
        is_dry_run=True,
    )
    writer = gateway.writers[resource_type.name]
    return writer.patch(resource_id, read_patch(body, resource_type), write).plan or {}


def _tell(plan: Mapping[str, Any]) -> None:
    if not plan["calls"]:
        click.echo("No call of Bitbucket: nothing there would change.")
    for call in plan["calls"]:
        click.echo(f"{call['method']} {call['resource']}\n  {call['does']}")
