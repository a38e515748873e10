"""What a lock is: one run at a time works on a hub, or a second one would replace what the first creates.

A lock expires when its holder stops renewing it, so a run that was killed holds up the next one for a minute
at most.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

# After the last renewal. Sixty is the longest that Azure allows for a lease of a blob. Seconds.
LOCK_SECONDS = 60


@dataclass(frozen=True)
class Holder:
    """The run that holds a lock.

    Attributes:
        run: unique name of the run.
        started: when it started, UTC, for people.
        outputs: URL or path of its outputs.
        host: name of the machine or container that it runs on.

    """

    run: str
    started: str
    outputs: str
    host: str

    def fields(self) -> dict[str, str]:
        """Return what is written into the lock."""
        return asdict(self)

    @classmethod
    def of(cls, fields: Mapping[str, Any]) -> Self:
        """Return the holder from the fields in a lock; missing ones are unknown."""
        return cls(*(str(fields.get(name, "unknown")) for name in ("run", "started", "outputs", "host")))


class Lock(Protocol):
    """A lock that other runs can see.

    Attributes:
        outlives_its_holder: whether it is held for a while after its holder was killed.

    """

    outlives_its_holder: bool

    async def acquire(self, holder: Holder) -> Holder | None:
        """Take the lock; return None, or the run that holds it."""

    async def renew(self) -> None:
        """Extend the lock.

        Raises:
            LockLostError: another run has taken it, or it is gone.

        """

    async def release(self) -> None:
        """Give the lock up."""


class LockLostError(Exception):
    """Another run has taken the lock, after it had expired, or somebody has removed it."""
