"""Kubernetes quantities, as far as the requests of pods use them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sandbox.clusters.kubernetes_api import Object

# The suffixes of Kubernetes' resource.Quantity.
_FACTORS = {
    "": Decimal(1),
    "m": Decimal("0.001"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
}


def quantity(written: str | float) -> Decimal:
    """Return a quantity such as `100m` or `512Mi` as a number."""
    number, suffix = re.fullmatch(r"([0-9.eE+-]+?)([a-zA-Z]*)", str(written)).groups()  # type: ignore[union-attr]
    return Decimal(number) * _FACTORS[suffix]


def requested(pod: Object) -> tuple[int, int]:
    """Return the sum of what the containers of a pod request: CPU in millicores, memory in bytes."""
    requests = [
        (container.get("resources") or {}).get("requests") or {} for container in pod["spec"]["containers"]
    ]
    cpu = sum((quantity(request.get("cpu", 0)) for request in requests), Decimal(0))
    memory = sum((quantity(request.get("memory", 0)) for request in requests), Decimal(0))
    return int(cpu * 1000), int(memory)
