"""How long the passwords of a registry's token live, and when a run renews them.

A token has two slots for passwords. A renewal fills the slot that is not in use, so that the old password
works until the release has the new one.
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


def newest_password(token: Mapping[str, Any] | None) -> Password | None:
    """Return the password of a token that was created last: the one that the hub uses.

    Args:
        token: the resource as Azure returns it; None if there is none.

    """
    properties = (token or {}).get("properties") or {}
    listed = (properties.get("credentials") or {}).get("passwords") or ()
    passwords = [
        Password(one["name"], _time(one["creationTime"]), _time(one["expiry"]) if one.get("expiry") else None)
        for one in listed
    ]
    return max(passwords, key=lambda one: one.created, default=None)


def free_slot(newest: Password | None) -> str:
    """Return the slot for a new password."""
    return SLOTS[1] if newest is not None and newest.slot == SLOTS[0] else SLOTS[0]


def _time(text: str) -> datetime:
    """Read a time of Azure, which has up to seven decimals of a second."""
    whole, _, rest = text.partition(".")
    zone = rest.lstrip("0123456789")
    read = datetime.fromisoformat(whole + zone)
    return read if read.tzinfo else read.replace(tzinfo=UTC)
