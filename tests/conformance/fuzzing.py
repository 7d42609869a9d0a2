"""
Schemathesis against the demonstration: requests made of openapi.yaml, answers held against it.

``python -m tests.conformance.fuzzing`` goes on until there were as many as ``--cases`` says.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from joserfc.jwk import ECKey

from tests.demonstration import Demo, demonstration

ROOT = Path(__file__).parents[2]
#: Small, so that requests meet what others left, and quick to list.
WORKSPACE = ("--users=40", "--groups=8", "--repos=12")


@contextmanager
def fuzzed() -> Iterator[Demo]:
    """Run a demonstration of a small workspace, which tells of events, until the block ends."""
    key = ECKey.generate_key("P-256").as_pem(private=True).decode()
    events = {"GATEWAY_EVENTS_KEY": key, "GATEWAY_EVENTS_AUDIENCE": "https://idp.example"}
    with demonstration(*WORKSPACE, **events) as demo:
        yield demo


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What came of a run.

    Attributes:
        cases: How many requests were made, and their answers held against every check.
        is_faultless: Whether none failed.
        text: What Schemathesis wrote, with each failure and the call that shows it.
    """

    cases: int
    is_faultless: bool
    text: str


def fuzz(demo: Demo, *options: str, briefly: bool = False) -> Outcome:
    """
    Run Schemathesis with all of its checks against a demonstration.

    Args:
        demo: The demonstration.
        options: More options of Schemathesis.
        briefly: Whether bodies are sent in one media type alone of those that are read alike.
    """
    address = urlsplit(demo.base_url)
    url = f"{address.scheme}://{address.netloc}"
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{url}/openapi.json"),
            *("--checks=all", f"--header=Authorization: Bearer {demo.token}"),
            *("--continue-on-failure", "--no-color", f"--report-json-path={report}"),
            # No text of SCIM has a null; what becomes of one, tests/web/test_hostile.py says.
            *("--generation-allow-x00=false", "--generation-database=none"),
            *options,
        ]
        environment = os.environ | {
            "FUZZED_URL": url,
            "FUZZED_TOKEN": demo.token,
            "FUZZED_BRIEFLY": "true" if briefly else "false",
            "SCHEMATHESIS_HOOKS": "tests.conformance.schemathesis_hooks",
            "PYTHONPATH": str(ROOT),
        }
        done = subprocess.run(  # noqa: S603 - our own command
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
        text = f"{done.stdout}{done.stderr}"
        cases = _cases(json.loads(report.read_text())) if report.exists() else 0
    return Outcome(cases, done.returncode == 0, text)


def _cases(report: Any) -> int:
    generated: int = report["test_cases"]["generated"]
    return generated


def main() -> None:
    """Ask until there were enough cases, or one failed; each run has a seed of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000, help="how many requests are enough")
    parser.add_argument("--seed", type=int, default=None, help="that of the first run")
    parser.add_argument("--max-examples", type=int, default=100, help="of each operation in a run")
    options = parser.parse_args()
    seed = random.randrange(1 << 32) if options.seed is None else options.seed
    done = 0
    phases = "examples,coverage,fuzzing,stateful"
    while done < options.cases:
        with fuzzed() as demo:
            more = (f"--max-examples={options.max_examples}", f"--phases={phases}")
            outcome = fuzz(demo, f"--seed={seed}", *more)
        if not outcome.is_faultless:
            sys.exit(f"{outcome.text}\nFound by --seed={seed}.")
        done += outcome.cases
        sys.stdout.write(f"seed {seed}: {outcome.cases} cases, {done} in all, no failure\n")
        sys.stdout.flush()
        seed += 1
        # The requests of the others are the same each time.
        phases = "fuzzing,stateful"


if __name__ == "__main__":
    main()
