"""What a stop or a start found and changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deployer.inventory.sites import Sites


@dataclass
class Power:
    """What a stop or a start found and changed.

    Attributes:
        changed: whether the cluster was in the other state before.
        costs: what still costs money while the cluster is stopped.
        sites: the addresses of a started hub; None where nothing is installed.

    """

    changed: bool = False
    costs: list[str] = field(default_factory=list)
    sites: Sites | None = None
