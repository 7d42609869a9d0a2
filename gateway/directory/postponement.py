"""What was put off lately: so that not every request works out again that it is too dear."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from gateway.planner.needs import Need
from gateway.planner.plan import Plan, PutOff


@dataclass(slots=True)
class LatelyPutOff:
    """The needs that this process has put off, until when, and why; any thread may note some."""

    _needs: Mapping[Need, tuple[datetime, str]] = field(default_factory=dict, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def note(self, put_off: Iterable[PutOff], *, now: datetime, until: datetime) -> None:
        """Note what a plan has *put_off*, and forget what is over."""
        noted = {need: (until, late.sentence) for late in put_off for need in late.read.needs}
        if not noted:
            return
        # Another each time: others may be looking.
        with self._lock:
            left = {need: told for need, told in self._needs.items() if told[0] > now}
            self._needs = left | noted

    def reason(self, plan: Plan, *, now: datetime) -> str | None:
        """Return why nothing of *plan* is read now; None if something is."""
        reasons = [late.sentence for late in plan.put_off]
        for read in plan.reads:
            for need in read.needs:
                until, sentence = self._needs.get(need, (now, ""))
                if until <= now:
                    return None
                reasons.append(sentence)
        return reasons[0] if reasons else None
