"""``bitbucket-scim explain``."""

import click

from gateway.app import assemble
from gateway.cli.environment import settings_of_environment, usable_database
from gateway.logs import configure_logs
from gateway.scim.errors import ScimError
from gateway.scim.freshness import FreshnessWanted
from gateway.scim.messages import read_query

_BASE_URL = "https://scim.example.com/scim/v2"


@click.command()
@click.argument("filter", required=False)
@click.option(
    "--type", "type_name", type=click.Choice(["User", "Group"]), default="User", show_default=True
)
@click.option("--attributes", help="What is shown, separated by commas.")
@click.option("--excluded-attributes", help="What is not shown.")
@click.option("--sort-by", help="The attribute to sort by.")
@click.option("--no-cache", is_flag=True, help="As if nothing older than the request would do.")
@click.option("--max-age", type=click.IntRange(0), help="The greatest age, in seconds.")
def explain(
    *,
    filter: str | None,  # noqa: A002 - the name that RFC 7644 gives it
    type_name: str,
    attributes: str | None,
    excluded_attributes: str | None,
    sort_by: str | None,
    no_cache: bool,
    max_age: int | None,
) -> None:
    """
    Say what a query rests on and would cost, without making it.

    FILTER is a SCIM filter, such as 'userName eq "ann@acme.com"'. Prints what the answer rests on
    and how old that is, the calls of Bitbucket that would make it young enough, and the statement
    that selects in the mirror.
    """
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
    try:
        query = read_query(
            {name: [value] for name, value in parameters.items() if value is not None},
            resource_type,
            base_url=settings.gateway_public_url or _BASE_URL,
            freshness=FreshnessWanted(no_cache=no_cache, max_age_seconds=max_age),
        )
        explanation = gateway.explain(type_name, query)
    except ScimError as error:
        raise click.ClickException(error.detail) from None
    finally:
        gateway.close()
    click.echo(f"{explanation['text']}selects by\n  {explanation['sql']}")
