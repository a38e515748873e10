"""The DNS labels of public addresses: each can be used once in a region, by whatever cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class LabelHolder:
    """The Service that has a label.

    Attributes:
        fqdn: host name of its cluster's API.
        namespace: its namespace.
        service: its name.
        uid: its uid.

    """

    fqdn: str
    namespace: str
    service: str
    uid: str


class DnsLabels:
    """The labels of all clusters."""

    def __init__(self) -> None:
        self._holders: dict[tuple[str, str], LabelHolder] = {}

    def take(self, location: str, label: str, holder: LabelHolder) -> bool:
        """Assign a label to a Service; return False if another one has it."""
        return self._holders.setdefault((location, label), holder) == holder

    def holder(self, location: str, label: str) -> LabelHolder | None:
        """Return the Service that has a label, None if it is free."""
        return self._holders.get((location, label))

    def release(self, uid: str, *, keep: str | None = None) -> None:
        """Release all labels of a Service, except one."""
        self._retain(lambda label, holder: holder.uid != uid or label == keep)

    def release_cluster(self, fqdn: str) -> None:
        """Release the labels of all Services of a deleted cluster."""
        self._retain(lambda _, holder: holder.fqdn != fqdn)

    def _retain(self, keeps: Callable[[str, LabelHolder], bool]) -> None:
        self._holders = {key: holder for key, holder in self._holders.items() if keeps(key[1], holder)}
