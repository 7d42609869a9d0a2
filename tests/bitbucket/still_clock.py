"""Time for tests."""

from dataclasses import dataclass, field


@dataclass
class StillClock:
    """A clock that only moves when somebody sleeps, or when a test moves it."""

    now_seconds: float = 1000.0
    slept_seconds: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now_seconds

    def sleep(self, seconds: float) -> None:
        """Move on by *seconds* at once."""
        self.slept_seconds.append(seconds)
        self.now_seconds += seconds
