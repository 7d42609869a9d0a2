import pytest

from gateway.mirror.catalogue import HOMES, VALUE_COLUMNS, Indexer, ValueRow, list_path
from gateway.scim.path import AttributePath, Target, resolve
from gateway.scim.reference import relative
from gateway.scim.schema import AttributeType, Registry, ResourceType, Returned

#: What other columns tell, or what is the same for all.
DERIVED = {"meta.resourceType", "meta.location"}

#: What nobody assigns: it would be the name of a resource that may be elsewhere.
UNASSIGNED = {"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.displayName"}


@pytest.mark.parametrize("name", ["User", "Group"])
def test_every_attribute_that_can_be_filtered_by_has_a_home(registry: Registry, name: str) -> None:
    """A column, or a row for each of its values; else a filter would be answered wrongly."""
    resource_type = registry.resource_type(name)
    assert resource_type is not None
    home = HOMES[name]
    homeless = {
        target.name
        for target in _leaves(resource_type)
        if target.name not in home.columns
        and not (list_path(target) in home.lists and target.leaf.name in _columns_of_values(target))
    }
    assert homeless == (DERIVED | UNASSIGNED if name == "User" else DERIVED)


@pytest.mark.parametrize("name", ["User", "Group"])
def test_every_home_is_that_of_an_attribute(registry: Registry, name: str) -> None:
    """Nothing is kept that the schemas don't declare, and no column serves two."""
    resource_type = registry.resource_type(name)
    assert resource_type is not None
    home = HOMES[name]
    for path in (*home.columns, *home.lists):
        target = resolve(AttributePath.parse(path), resource_type)
        assert target is not None
        assert target.name == path
        assert target.attribute.multi_valued == (path in home.lists)
    assert set(home.columns.values()) <= set(home.resources.c.keys())
    assert len(set(home.columns.values())) == len(home.columns)


def test_texts_are_kept_as_they_are_compared(registry: Registry) -> None:
    """Folded where the attribute ignores letter case, as they are where it does not."""
    columns = Indexer(registry.user).columns(
        {
            "userName": "E\u0301va",
            "externalId": "E\u0301va",
            "displayName": "",
            "profileUrl": relative("/Users/A"),
            "active": False,
            "urn:bitbucket-scim:params:scim:schemas:extension:1.0:User": {
                "addedOn": "2026-11-23T08:30:00+02:00"
            },
        }
    )
    assert columns["user_name"] == "éva"
    assert columns["external_id"] == "E\u0301va"
    assert columns["display_name"] is None
    assert columns["profile_url"] == "/Users/A"
    assert columns["active"] is False
    assert columns["added_on"] == "2026-11-23T06:30:00.000000Z"


def test_each_value_of_a_list_has_a_row(registry: Registry) -> None:
    """In its order, with the parts that it has."""
    rows = list(
        Indexer(registry.group).values(
            {
                "schemas": ["urn:A"],
                "members": [{"value": "A", "$ref": relative("/Users/A"), "type": "User"}, {}],
            }
        )
    )
    assert rows == [
        ValueRow("members", 0, value="a", ref="/Users/A", type="user"),
        ValueRow("members", 1),
        ValueRow("schemas", 0, value="urn:A"),
    ]


def test_rows_of_values_have_the_columns_of_their_tables() -> None:
    """In the order in which the parts of a value are read."""
    assert ValueRow._fields == ("attribute", "position", *VALUE_COLUMNS.values())
    for home in HOMES.values():
        assert {"key", *ValueRow._fields} == set(home.values.c.keys())


def _leaves(resource_type: ResourceType) -> list[Target]:
    attributes = [(None, attribute) for attribute in resource_type.core_attributes()]
    extended = [(e.schema.id, a) for e in resource_type.extensions for a in e.schema.attributes]
    return [
        leaf
        for extension, attribute in (*attributes, *extended)
        if attribute.returned not in (Returned.NEVER, Returned.REQUEST)
        for leaf in (
            [Target(extension, attribute, part) for part in attribute.sub_attributes]
            if attribute.type is AttributeType.COMPLEX
            else [Target(extension, attribute)]
        )
    ]


def _columns_of_values(target: Target) -> set[str]:
    return set(VALUE_COLUMNS) if target.sub_attribute else {target.leaf.name}
