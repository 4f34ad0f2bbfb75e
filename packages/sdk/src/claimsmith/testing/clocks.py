"""A clock that stands still until a test moves it."""

START = 1_767_225_600.0
"""The first second of 2026, unix seconds."""


class FrozenClock:
    """Unix seconds that only a test moves; pass it as `clock=` to an application.

    Nothing is patched: other code goes on reading the machine's clock.

    Example:
        ```python
        from claimsmith.testing import FrozenClock

        clock = FrozenClock(1_700_000_000)
        clock.advance(60)
        assert clock() == 1_700_000_060
        ```
    """

    now: float
    """What it says, unix seconds; may be set, too."""

    def __init__(self, now: float = START) -> None:
        """Stands at `now`, unix seconds."""
        self.now = float(now)

    def __call__(self) -> float:
        """The time it stands at, unix seconds."""
        return self.now

    def advance(self, seconds: float) -> float:
        """The new time, unix seconds; a negative number goes back."""
        self.now += seconds
        return self.now

    def move_to(self, now: float) -> None:
        """Stand at `now`, unix seconds."""
        self.now = float(now)

    def __repr__(self) -> str:
        """E.g. `FrozenClock(1700000000.0)`."""
        return f"FrozenClock({self.now!r})"
