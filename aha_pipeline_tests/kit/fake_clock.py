"""A clock in the fake_clock of a test."""

from datetime import datetime, timedelta


class FakeClock:
    """A clock that stands still until it is moved, or goes on by `step` whenever it is read."""

    step = timedelta()

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def __call__(self) -> datetime:
        """Return the time it shows."""
        self.moment += self.step
        return self.moment

    def forward(self, **time: float) -> None:
        """Move it, `seconds=5` for example."""
        self.moment += timedelta(**time)
