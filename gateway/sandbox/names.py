"""Names as they occur in real directories, chosen because they break things."""

GIVEN_NAMES = (
    "Ann", "Björn", "Chloé", "Dmitri", "Élodie", "Fatima", "Gülşen", "Hana", "Íñigo", "Jürgen",
    "Kwame", "Łukasz", "María José", "Nguyễn", "Øystein", "Priya", "Quentin", "Renée", "Søren",
    "Tomáš", "Uğur", "Việt", "Wei", "Xóchitl", "Yūki", "Zoë", "李", "Наталья", "محمد", "陽子",
)  # fmt: skip
FAMILY_NAMES = (
    "O'Brien", "D’Angelo", "van der Berg", "Smith, Jr.", "Müller", "Nowak", "Şahin", "García López",  # noqa: RUF001 - the apostrophe people type
    "Ó Súilleabháin", "Jensen", "de la Cruz", "Häkkinen", "Ivanov", "Tanaka", "Singh", "Kim",
    "Al-Sayed", "Dvořák", "Null", "True", 'Smith "Smitty" Jones', "Back\\slash", "Per%cent",
    "Semi;colon", "Amp&ersand", "Plus+Sign", "李", "Петрова", "عبد الله", "佐藤",
)  # fmt: skip
ODD_DISPLAY_NAMES = (
    "Alex Kim",
    "alex kim",
    "ALEX KIM",
    '"quoted, with comma"',
    "trailing blank ",
    "  two  blanks  ",
    'back\\slash \\" end\\',
    "emoji 🚀 user",
    "<script>alert(1)</script>",
    "null",
    "e\u0301 decomposed",
    "é decomposed",
    "İstanbul",
    "straße",
    "zero\u200bwidth",
)
GROUP_NAMES = (
    "Developers", "Release Managers", "QA & Test", "Équipe d'accueil", "Контракторы",
    "Ops (24/7)", "Read, only", 'Security "Red" Team', "C:\\Builders", "iOS", "Data 🧪 Science",
    "developers ", "Ünïcode", "+1", "group:with:colons",
)  # fmt: skip
PROJECT_NAMES = (
    ("CORE", "Core services"), ("MOB", "Mobile apps"), ("INFRA", 'Infrastructure & "tools"'),
    ("DATA", "Données"), ("LEG_1", "Legacy, do not touch"), ("X", "X"),
)  # fmt: skip
REPOSITORY_NAMES = (
    "api", "Web Client", "infra.terraform", "Données brutes", "c++ tools", "mobile_app", "docs",
    "Ledger (old)", "payments, v2", 'say "hi"', "back\\end", "Фронтенд", "日本語",
)  # fmt: skip
LANGUAGES = ("python", "typescript", "go", "", "c++")
APP_KINDS = ("oauth_consumer", "forge_app", "repository_access_token")
