"""How long the passwords of a registry's token live, and when a run renews them.

A token has two slots for passwords. A renewal fills the slot that is not in use, so that the old password
works until the release has the new one. A run can end before that, so the newest password need not be the one
in use: the values of the release say in which slot theirs is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# A hub whose passwords have expired builds and starts nothing, so they outlive a course and the summer after.
LIFETIME = timedelta(days=365)
# Every run in the last third of a life renews it.
LAST_PART = 1 / 3
SLOTS = ("password1", "password2")


@dataclass(frozen=True)
class Password:
    """What Azure tells of a password; it shows the password itself only once.

    Attributes:
        slot: where it is.
        created: when.
        expires: when it stops working; None if it never does.

    """

    slot: str
    created: datetime
    expires: datetime | None

    def is_due(self, now: datetime) -> bool:
        """Return whether a run has to renew it."""
        return self.expires is None or now >= self.expires - LAST_PART * (self.expires - self.created)


@dataclass(frozen=True)
class HubPassword:
    """What is known about the password of a token that the hub has.

    Attributes:
        candidates: the hub's is one of these, the oldest first; none if it no longer exists.

    """

    candidates: tuple[Password, ...]

    @property
    def slot(self) -> str | None:
        """Where it is; None if that is not known."""
        return self.candidates[0].slot if len(self.candidates) == 1 else None

    @property
    def free_slot(self) -> str:
        """The slot for a new password: not that of the newest, which is the hub's unless a run failed."""
        newest = self.candidates[-1].slot if self.candidates else None
        return SLOTS[1] if newest == SLOTS[0] else SLOTS[0]

    def lasts_until(self, now: datetime) -> datetime | None:
        """Return until when it works, or longer; None if a run has to renew it."""
        if any(one.is_due(now) for one in self.candidates):
            return None
        return min((one.expires for one in self.candidates if one.expires), default=None)


def find_hub_password(token: Mapping[str, Any] | None, slot: str | None, now: datetime) -> HubPassword:
    """Find the password of a token that the hub has.

    Args:
        token: the resource as Azure returns it; None if there is none.
        slot: where it is, by the values of the release; None if they do not say, because an earlier version
            of the deployer wrote them: then it is any that has not expired.
        now: the present time.

    """
    passwords = [
        one
        for one in _passwords(token)
        if one.slot == slot or (slot is None and (one.expires is None or now < one.expires))
    ]
    return HubPassword(tuple(sorted(passwords, key=lambda one: one.created)))


def _passwords(token: Mapping[str, Any] | None) -> list[Password]:
    properties = (token or {}).get("properties") or {}
    listed = (properties.get("credentials") or {}).get("passwords") or ()
    return [
        Password(one["name"], _time(one["creationTime"]), _time(one["expiry"]) if one.get("expiry") else None)
        for one in listed
    ]


def _time(text: str) -> datetime:
    """Read a time of Azure, which has up to seven decimals of a second."""
    whole, _, rest = text.partition(".")
    zone = rest.lstrip("0123456789")
    read = datetime.fromisoformat(whole + zone)
    return read if read.tzinfo else read.replace(tzinfo=UTC)
