"""One request that changes something: what it reads, carries out, keeps and answers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeVar
from uuid import uuid4

import orjson

from gateway.bitbucket.calls import CallCounter
from gateway.bitbucket.errors import BitbucketError
from gateway.bitbucket.patience import Pauses
from gateway.bitbucket.workspace import BitbucketWorkspace
from gateway.directory import invitations, showing
from gateway.directory.errors import failure_of, to_scim
from gateway.mirror.journal import Event
from gateway.mirror.mirror import Mirror, Writing
from gateway.planner.collections import Collection
from gateway.planner.needs import Need, Needs
from gateway.provisioning.calls import Calls
from gateway.provisioning.earlier import Later
from gateway.provisioning.effects import Effects, touched
from gateway.provisioning.execution import Execution, refusal_of
from gateway.provisioning.intent import Intent
from gateway.provisioning.provisioner import Provisioner
from gateway.provisioning.refusals import is_definitive, moved, refusal, unsure_of
from gateway.provisioning.said import EVERYTHING, Said
from gateway.provisioning.steps import CreateGroup, Plan
from gateway.provisioning.turns import TurnLost, Turns
from gateway.provisioning.unread import RETRY_SECONDS, unread
from gateway.scim.errors import BadUpstream, ScimError, Unavailable
from gateway.scim.freshness import FreshnessWanted, Provenance
from gateway.scim.handler import Write, Written
from gateway.scim.reference import absolute
from gateway.scim.schema import ResourceType
from gateway.scim.text import fold

T = TypeVar("T")

Resource = Mapping[str, Any]

#: Lands what a change keeps besides what its calls have changed.
Keep = Callable[[Effects], None]
#: Returns the steps that turn out to be needed besides, until there are none.
More = Callable[[Execution], Plan]

_ANEW: Final = FreshnessWanted(no_cache=True)
_GROUPS: Final = Needs.whole(Collection.GROUPS)


@dataclass(slots=True)
class Session:
    """
    One request that changes something; it counts its calls, from the first read to the answer.

    Attributes:
        provisioner: The parts.
        write: How the change is asked for.
        says: What the request says of the resource: earlier changes of that are not gone on with.
        workspace: Where; its calls are counted.
        turns: What it has the turn of.
    """

    provisioner: Provisioner
    write: Write
    says: Said = EVERYTHING
    workspace: BitbucketWorkspace = field(init=False)
    turns: Turns = field(init=False)
    _counter: CallCounter = field(default_factory=CallCounter)
    _read_calls: int = 0
    _read: set[Need] = field(default_factory=set)
    _has_begun: bool = False

    def __post_init__(self) -> None:
        """Count every call, and let all of them wait no longer than a request may."""
        refresher = self.provisioner.refresher
        pauses = Pauses(refresher.patience.longest_wait_seconds)
        self.workspace = refresher.workspace.counting(self._counter).pausing(pauses)
        self.turns = self.provisioner.turns()

    @property
    def mirror(self) -> Mirror:
        """What is known."""
        return self.provisioner.mirror

    def know(self, needs: Needs, *, anew: bool = True, is_strict: bool = False) -> None:
        """
        Read what *needs* are about: anew, or only if it is older than answers may be.

        Args:
            needs: What the change rests on.
            anew: Whether it is read even if it is known.
            is_strict: Whether what is older than answers may be will not do if it can't be read.

        Raises:
            BadUpstream: It can't be read, until an administrator mends that.
            Unavailable: It can't be read at the moment.
        """
        # What was read anew a moment ago, for this very request, is new enough.
        needs = Needs(needs.fresh - self._read, needs.known)
        wanted = _ANEW if anew else FreshnessWanted()
        with self._telling():
            provenance = self.provisioner.refresher.ensure(needs, wanted)
            self._read_calls += provenance.calls
            if (anew or is_strict) and provenance.detail:
                # Older facts would do for an answer, not for a change.
                now = self.provisioner.refresher.now()
                with self.mirror.reading() as snapshot:
                    raise unread(needs, snapshot, now, sentence=provenance.detail)
        if anew:
            self._read |= needs.fresh

    def know_invitation(self, needs: Needs) -> None:
        """
        Read whether somebody who was invited still is, or has accepted: two calls, once.

        Args:
            needs: What tells whether there is a member by now.
        """
        if needs.fresh <= self._read:
            return
        now = self.provisioner.refresher.now
        pending = invitations.pending(self.workspace, now=now)
        self.know(needs)
        if pending is None:
            return
        with self.mirror.writing() as writing:
            lost = pending.land(writing)
            if lost:
                renderer = self.provisioner.renderer
                renderer.render(writing, users=lost, groups=(), now=now())

    def look_again(self) -> None:
        """Forget what was read anew: Bitbucket may have changed it since."""
        self._read.clear()

    def ask(self, question: Callable[[], T]) -> T:
        """Return the answer of Bitbucket to a question of no list; errors are those of reads."""
        with self._telling():
            try:
                return question()
            except BitbucketError as error:
                wait = error.retry_after_seconds or RETRY_SECONDS
                raise to_scim(failure_of(error), retry_after_seconds=wait) from error

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Let an error that comes before the first change say that there was none."""
        try:
            yield
        except (BadUpstream, Unavailable) as error:
            if not self._has_begun:
                error.detail += " Nothing was changed."
            raise

    def calls(self) -> Calls:
        """Return what makes the calls of a plan."""
        administration = self.provisioner.administrations.of(self.workspace)
        return Calls(self.workspace, administration)

    def foretell(self, plan: Plan, after: Resource | None, *, notes: Sequence[str] = ()) -> Written:
        """
        Return what a dry run answers.

        Args:
            plan: The calls that it would take.
            after: What the resource would be.
            notes: What the client would be told besides.

        Raises:
            ScimError: It could not be begun.
        """
        calls = self.calls()
        refused = refusal_of(plan, calls) if plan else None
        if refused is not None:
            raise refused
        told = [
            {"method": r.method, "resource": r.template, "does": str(step)}
            for step, r in ((step, calls.resource(step)) for step in plan)
        ]
        told_after = absolute(orjson.dumps(after), base_url=self.write.base_url)
        foretold = {"dryRun": True, "calls": told, "after": orjson.loads(told_after)}
        provenance = Provenance(age_seconds=0, calls=self.count)
        return Written("", None, provenance, foretold, tuple(notes))

    def carry_out(
        self,
        intent: Intent,
        plan: Plan,
        *,
        prepare: Callable[[Writing], None] | None = None,
        more: More | None = None,
        keep: Keep | None = None,
    ) -> Effects:
        """
        Carry out *plan*, and land what was confirmed, also if it stops half-way.

        Args:
            intent: What is asked for.
            plan: The calls.
            prepare: Keeps what must be known before the first call.
            more: Tells what has to be done besides, each time all was done.
            keep: Lands what is kept besides, once nothing is left to do.

        Raises:
            ScimError: It can't be begun, or it stopped: then the error says how far it came.
        """
        calls = self.calls() if plan or more else None
        if calls is not None:
            refused = refusal_of(plan, calls)
            if refused is not None:
                raise refused
        if any(isinstance(step, CreateGroup) for step in plan):
            # The id of the group will be derived of it.
            self.ask(self.workspace.uuid)
        now, change_id = self.provisioner.refresher.now, str(uuid4())
        with self._telling(), self.mirror.writing() as writing:
            self.turns.keep(writing.leases)
            writing.journal.add(change_id, Event.BEGAN, at=now(), data=intent.to_json(plan))
            if prepare is not None:
                prepare(writing)
        if calls is None:
            return self._conclude(intent, change_id, None, (), keep)
        self._has_begun = True
        execution = Execution(calls, self.mirror, change_id, now, self.turns)
        plan = _run(execution, plan, more)
        return self._conclude(intent, change_id, execution, plan, keep)

    def _conclude(
        self,
        intent: Intent,
        change_id: str,
        execution: Execution | None,
        plan: Plan,
        keep: Keep | None,
    ) -> Effects:
        done = [] if execution is None else execution.done
        failure = None if execution is None else execution.failure
        refresher = self.provisioner.refresher
        is_made = any(isinstance(step, CreateGroup) for step in plan)
        workspace_uuid = self.workspace.uuid() if is_made and done else None
        refused, event = self._came_to(failure, plan, len(done))
        with self.mirror.writing(change=change_id) as writing:
            if failure is None:
                try:
                    self.turns.keep(writing.leases)
                except TurnLost as lost:
                    failure = lost
                    refused, event = self._came_to(lost, plan, len(done))
            effects = Effects(writing, workspace_uuid, refresher.now())
            effects.land(done)
            if refused is None and keep is not None:
                keep(effects)
            effects.render(self.provisioner.renderer)
            resource_id = effects.new_group_id or intent.resource_id
            after = self._now(writing, intent.resource_type, resource_id)
            data: dict[str, Any] = {"resourceId": resource_id, "after": after}
            if refused is not None:
                data |= {"error": refused.detail}
            writing.journal.add(change_id, event, at=refresher.now(), data=data)
            if refused is None:
                ids = {resource_id, intent.resource_id} - {""}
                self._close_earlier(writing, change_id, intent, ids, after)
        if refused is not None and intent.action == "create" and after is not None:
            refused.made_id = resource_id
        if refused is not None and failure is not None:
            if unsure := unsure_of(failure, plan, len(done)):
                # If it can't be read now either, it grows old.
                self.look_again()
                with suppress(ScimError):
                    self.know(Needs(frozenset(need for step in unsure for need in touched(step))))
            raise refused
        return effects

    def _came_to(
        self, failure: BitbucketError | TurnLost | None, plan: Plan, done: int
    ) -> tuple[ScimError | None, Event]:
        """Return what the client is told, if not that all was done, and how the change ended."""
        if failure is None:
            return None, Event.DONE
        if isinstance(failure, BitbucketError) and self._has_moved(failure):
            return moved(failure, plan, done), Event.CLOSED
        # Of what changed nothing, and won't, nothing is left to do.
        is_over = not done and is_definitive(failure)
        return refusal(failure, plan, done), Event.CLOSED if is_over else Event.FAILED

    def _has_moved(self, failure: BitbucketError) -> bool:
        return self.provisioner.administrations.is_moved_as(failure, self.workspace)

    def _close_earlier(
        self,
        writing: Writing,
        change_id: str,
        intent: Intent | None,
        ids: set[str],
        after: Resource | None,
    ) -> None:
        told = (None if intent is None else intent.before, after)
        names = {fold(each["displayName"]) for each in told if each and "displayName" in each}
        Later(
            change_id=change_id,
            ids=frozenset(ids),
            names=frozenset(names),
            said=self.says,
            after=after,
            at=self.provisioner.refresher.now(),
        ).close_earlier(writing)

    def _now(self, writing: Writing, resource_type: ResourceType, resource_id: str) -> Any:
        renderer = self.provisioner.renderer
        of_type = renderer.user if resource_type.name == "User" else renderer.group
        return of_type(writing, resource_id, is_plain=False) if resource_id else None

    @property
    def count(self) -> int:
        """The calls so far."""
        return self._counter.count + self._read_calls

    def answer_unchanged(
        self, resource_type: ResourceType, resource_id: str, *, notes: tuple[str, ...] = ()
    ) -> Written:
        """Return a resource that is as it was asked to be already, as :meth:`answer` does."""
        with self.mirror.reading() as snapshot:
            is_clear = not snapshot.journal.open()
        if not is_clear:
            # What an earlier request began may have been finished without our being told.
            with self._telling(), self.mirror.writing() as writing:
                self.turns.keep(writing.leases)
                after = self._now(writing, resource_type, resource_id)
                self._close_earlier(writing, "", None, {resource_id}, after)
        return self.answer(resource_type, resource_id, notes=notes)

    def answer(
        self, resource_type: ResourceType, resource_id: str, *, notes: tuple[str, ...] = ()
    ) -> Written:
        """
        Return the resource as it is now, from what is known.

        The groups are read if they never were, by one list. Nothing else is: the answer
        names the attributes of which something is lacking.
        """
        write = self.write
        with self.mirror.reading() as snapshot:
            lacking = showing.unread(snapshot, resource_id, write.projection)
        if any(Collection.GROUPS in lists for lists in lacking.values()):
            # The change is done, whatever comes of that.
            with suppress(ScimError):
                self.know(_GROUPS, anew=False)
        with self.mirror.reading() as snapshot:
            found = showing.stored(
                snapshot,
                resource_type,
                resource_id,
                projection=write.projection,
                base_url=write.base_url,
                refresher=self.provisioner.refresher,
            )
        return Written(resource_id, found.document, self._counted(found.provenance), notes=notes)

    def provenance(self, needed: Needs) -> Provenance:
        """Return how old what is known of *needed* is, with the calls of this request."""
        with self.mirror.reading() as snapshot:
            return self._counted(self.provisioner.refresher.stored(needed, snapshot))

    def _counted(self, known: Provenance) -> Provenance:
        return replace(known, calls=self.count, forwarded="request" if self.count else "")


def _run(execution: Execution, plan: Plan, more: More | None) -> Plan:
    """Run *plan* and what turns out to be needed besides; return all of it."""
    is_done = execution.run(plan)
    while is_done and more is not None:
        try:
            added = more(execution)
        except (BitbucketError, TurnLost) as error:
            execution.failure = error
            break
        if not added:
            break
        execution.note_planned(added)
        plan += added
        is_done = execution.run(added)
    return plan
