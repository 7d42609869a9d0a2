"""A user whom operations change."""

from tests.rules.service import ENTERPRISE, Json, Service, new_address

WORK = {"value": "w@acme.example", "type": "work", "primary": True}
HOME = {"value": "h@acme.example", "type": "home"}
AT_WORK = 'emails[type eq "work"]'


def person(service: Service) -> Json:
    """Return a user with two addresses, a name, a cost centre and a manager."""
    cat = service.people["Cat"]
    values = {"displayName": "Zoe Lee", "externalId": new_address(), "emails": [WORK, HOME]}
    return service.new_member(
        {"op": "remove", "path": "name"},
        {"op": "add", "path": "name", "value": {"givenName": "Zoe", "familyName": "Lee"}},
        {"op": "replace", "value": values},
        {"op": "add", "path": ENTERPRISE, "value": {"costCenter": "7", "manager": cat}},
    )
