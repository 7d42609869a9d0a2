"""Carrying out a plan: one call after the other, each noted before and after."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from gateway.bitbucket.errors import BitbucketError
from gateway.mirror.journal import Event
from gateway.mirror.mirror import Mirror
from gateway.provisioning.administration import is_about_people
from gateway.provisioning.calls import Calls, Done
from gateway.provisioning.refusals import is_uncertain, missing_credential
from gateway.provisioning.steps import Plan
from gateway.provisioning.turns import TurnLost, Turns
from gateway.scim.errors import ScimError

_LOG = structlog.get_logger(__name__)


def refusal_of(plan: Plan, calls: Calls) -> ScimError | None:
    """Return why *plan* can't be carried out, before any call; None if nothing is known of it."""
    if is_about_people(plan):
        refused = calls.administration.refusal()
        if refused is not None:
            return refused
    for step in plan:
        resource = calls.resource(step)
        missing = calls.workspace.client.refusal(resource)
        if missing is not None:
            return missing_credential(missing, resource, step)
    return None


@dataclass(slots=True)
class Execution:
    """
    Makes the calls of one change.

    Attributes:
        calls: Makes them.
        mirror: Where the journal is.
        change_id: What the change is called there.
        now: The time, with its zone.
        turns: What it has the turn of; a call is made only as long as it has.
        done: What was confirmed.
        failure: What it stopped by.
    """

    calls: Calls
    mirror: Mirror
    change_id: str
    now: Callable[[], datetime]
    turns: Turns
    done: list[Done] = field(default_factory=list)
    failure: BitbucketError | TurnLost | None = None

    def run(self, plan: Plan) -> bool:
        """Make the calls of *plan*, and return whether all were confirmed; else see ``failure``."""
        with self.mirror.reading() as snapshot:
            self.calls.slugs.update({group.id: group.slug for group in snapshot.facts.groups()})
        for step in plan:
            try:
                self._note(Event.CALLED, {"step": str(step)})
                done = self.calls.make(step)
            except TurnLost as lost:
                self.failure = lost
                return False
            except BitbucketError as error:
                self.failure = error
                # Whoever asks for the same again must know whether it may be there already.
                answered: dict[str, object] = {"step": str(step), "error": str(error)}
                if is_uncertain(error):
                    answered["perhapsDone"] = True
                self._note(Event.ANSWERED, answered)
                return False
            self.done.append(done)
            self._note(Event.ANSWERED, {"step": str(step)})
        return True

    def note_planned(self, plan: Plan) -> None:
        """Note that *plan* turned out to be needed besides."""
        self._note(Event.PLANNED, {"plan": list(map(str, plan))})

    def _note(self, event: Event, data: Mapping[str, object]) -> None:
        with self.mirror.writing() as writing:
            if event is Event.CALLED:
                # Here and not earlier: nobody can be given the turn between this and the call.
                self.turns.keep(writing.leases)
            writing.journal.add(self.change_id, event, at=self.now(), data=data)
        _LOG.info("provisioning.step", change=self.change_id, phase=event.value)
