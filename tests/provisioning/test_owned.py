"""What clients say and Bitbucket has the same of, for now."""

from gateway.planner.needs import Needs, OneAddress
from gateway.scim.freshness import FreshnessWanted
from tests.provisioning.office import Office
from tests.provisioning.test_groups import uuid_of
from tests.provisioning.test_rehired import account_of, read_members
from tests.provisioning.test_users import ZOE, accept, shown


def learn(office: Office, email: str) -> None:
    """Ask who has an address."""
    needs = Needs(frozenset({OneAddress(email)}))
    office.provisioner.refresher.ensure(needs, FreshnessWanted(no_cache=True))


def test_what_a_client_finds_a_user_by_stays_as_it_was_written(office: Office) -> None:
    """Though Bitbucket had the same when it was, and has another value since."""
    learn(office, "ann@acme.example")
    ann, account = uuid_of(office, "Ann"), account_of(office, "Ann")
    body = {
        "userName": "ann@acme.example",
        "externalId": shown(office, ann)["externalId"],
        "displayName": "Ann",
        "emails": [{"value": "ann@acme.example", "type": "work", "primary": True}],
    }
    office.users.replace(ann, body, office.write(office.registry.user))
    office.world.change_account(account, email="ann.new@acme.example", display_name="Anna")
    learn(office, "ann.new@acme.example")
    read_members(office)

    assert office.find_user('userName eq "ann@acme.example"') == [ann]
    assert shown(office, ann)["externalId"] == body["externalId"]
    # The rest was sent back as it had been read.
    assert shown(office, ann)["displayName"] == "Anna"


def test_what_a_patch_names_stays_as_it_says(office: Office) -> None:
    """Only what it names: the rest goes on to be Bitbucket's."""
    ann, account = uuid_of(office, "Ann"), account_of(office, "Ann")
    office.patch_user(ann, {"op": "replace", "path": "displayName", "value": "Ann"})
    office.world.change_account(account, display_name="Anna Lee")
    read_members(office)
    assert shown(office, ann)["displayName"] == "Ann"
    assert shown(office, ann)["name"]["familyName"] == "Lee"

    office.users.replace(ann, {"userName": "ann"}, office.write(office.registry.user))
    assert shown(office, ann)["displayName"] == "Anna Lee"


def test_what_a_user_is_created_with_stays(office: Office) -> None:
    """Also where the address that was given is the one that an account has later."""
    emails = [{"value": "zoe@acme.example", "type": "work", "primary": True}]
    made = office.create_user(**ZOE, emails=emails)
    accept(office)
    account = account_of(office, "Zoe L.")
    office.world.change_account(account, email="zoe.new@acme.example")
    learn(office, "zoe.new@acme.example")
    assert shown(office, made.resource_id)["emails"] == emails
    assert shown(office, made.resource_id)["userName"] == "Zoe@acme.example"
