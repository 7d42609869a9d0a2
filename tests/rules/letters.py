"""Five users, to be found, sorted and paged through."""

from tests.rules.service import ENTERPRISE, Json, Service

DEPARTMENT = f"{ENTERPRISE}:department"
#: A filter that selects them.
OF_LETTERS = f'{DEPARTMENT} eq "letters"'
#: What they are called, in their order; the last has no name.
NAMES = ("beta", "Alpha", "delta", "Gamma", None)


def new_letters(service: Service) -> list[str]:
    """Return the ids of the five, who are new."""
    return [
        service.new_member(
            {"op": "replace", "path": "emails", "value": emails(number)},
            {"op": "add" if name else "remove", "path": "displayName", "value": name},
            {"op": "add", "path": DEPARTMENT, "value": "Letters"},
        )["id"]
        for number, name in enumerate(NAMES)
    ]


def emails(number: int) -> list[Json]:
    """Return two addresses whose primary ones are in the reverse order of the others."""
    work = {"value": f"w{9 - number}.letters@acme.example", "type": "work", "primary": True}
    return [{"value": f"h{number}.letters@acme.example", "type": "home"}, work]


def found(service: Service, text: str, **parameters: str | int) -> list[str]:
    """Return the ids of those of the five whom a filter selects, in the order of the answer."""
    text = f"{OF_LETTERS} and ({text})" if text else OF_LETTERS
    return [each["id"] for each in service.get("/Users", filter=text, **parameters)["Resources"]]
