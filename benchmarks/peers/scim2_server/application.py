"""scim2-server with its storage in memory, filled beforehand; it runs in a venv of its own."""

import json
import os
from pathlib import Path
from typing import Any

from scim2_models import ScimProvider
from scim2_server.memory import InMemoryStorage
from scim2_server.testserver.application import BEARER_TOKEN_SCHEME, BearerTokenApplication
from scim2_server.utils import (
    load_default_resource_types,
    load_default_schemas,
    load_default_service_provider_config,
)


def create_app() -> Any:
    """Return the WSGI application, with the users and groups of the file ``POPULATION``."""
    config = load_default_service_provider_config()
    config.authentication_schemes = [BEARER_TOKEN_SCHEME]
    provider = ScimProvider.from_discovery(
        load_default_schemas().values(), load_default_resource_types().values(), config=config
    )
    models: dict[str, Any] = {model.__name__: model for model in provider.models}
    told = json.loads(Path(os.environ["POPULATION"]).read_text(encoding="utf-8"))
    storage = InMemoryStorage()
    storage.resources = [
        models[name].model_validate(resource)
        for name, resources in (("User", told["users"]), ("Group", told["groups"]))
        for resource in resources
    ]
    return BearerTokenApplication(storage, provider, bearer_tokens=[os.environ["TOKEN"]])
