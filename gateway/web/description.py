"""``openapi.yaml``: the description of the API (OpenAPI 3.1)."""

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import orjson
import yaml

#: The server that is written in the file, on a line of its own.
_SERVER = re.compile(r"^servers:\n  - url: (.+)$", re.MULTILINE)
#: The same language, read ten times as fast where PyYAML was built with libyaml.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Description:
    """
    The description, for clients that reach the service at a given address.

    Attributes:
        text: The file.
        document: What it says.
    """

    text: str
    document: dict[str, Any]

    def as_yaml(self, url: str) -> bytes:
        """Return the file as it is written, but for its server, which is at *url*."""
        start, end = self._server().span(1)
        return f"{self.text[:start]}{json.dumps(url)}{self.text[end:]}".encode()

    def as_json(self, url: str) -> bytes:
        """Return the same as JSON."""
        return orjson.dumps({**self.document, "servers": [{"url": url}]})

    def _server(self) -> re.Match[str]:
        found = _SERVER.search(self.text)
        if found is None:
            raise ValueError("openapi.yaml names no server, on a line below the word servers.")
        return found


@cache
def load_description() -> Description:
    """Read the file, once: it takes longer than all requests that show it."""
    text = _file().read_text(encoding="utf-8")
    return Description(text, yaml.load(text, Loader=_LOADER))  # noqa: S506 - both loaders are safe ones


def _file() -> Traversable:
    packaged = files("gateway") / "openapi.yaml"
    return packaged if packaged.is_file() else Path(__file__).parents[2] / "openapi.yaml"
