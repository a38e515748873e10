"""Who has which DNS label: names under `cloudapp.azure.com` belong to one public address of a region."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class LabelHolder:
    """A Service that carries a label: its cluster's API host name, its namespace, name and uid."""

    fqdn: str
    namespace: str
    service: str
    uid: str


class DnsLabels:
    """The labels of all clusters."""

    def __init__(self) -> None:
        self._holders: dict[tuple[str, str], LabelHolder] = {}

    def take(self, location: str, label: str, holder: LabelHolder) -> bool:
        """Give a label to a Service; False when another one has it."""
        return self._holders.setdefault((location, label), holder) == holder

    def holder(self, location: str, label: str) -> LabelHolder | None:
        """Return who has a label."""
        return self._holders.get((location, label))

    def give_back(self, uid: str, *, keep: str | None = None) -> None:
        """Take all labels but one from a Service."""
        self._keep(lambda label, holder: holder.uid != uid or label == keep)

    def forget_cluster(self, fqdn: str) -> None:
        """Take the labels of all Services of a cluster that is gone."""
        self._keep(lambda _, holder: holder.fqdn != fqdn)

    def _keep(self, keeps: Callable[[str, LabelHolder], bool]) -> None:
        self._holders = {key: holder for key, holder in self._holders.items() if keeps(key[1], holder)}
