"""What was put off lately: so that not every request works out again that it is too dear."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from gateway.planner.needs import Need
from gateway.planner.plan import Plan, PutOff


@dataclass(slots=True)
class LatelyPutOff:
    """The needs that this process has put off, until when, and why; any thread may note some."""

    _needs: dict[Need, tuple[datetime, str]] = field(default_factory=dict, repr=False)

    def note(self, put_off: Iterable[PutOff], *, until: datetime) -> None:
        """Note what a plan has *put_off*."""
        for late in put_off:
            self._needs |= dict.fromkeys(late.read.needs, (until, late.sentence))

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
