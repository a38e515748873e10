"""What VM sizes have: cores and memory, told by their names, and the part that AKS leaves to pods.

Settings are judged before anything can be asked of Azure, and rights that end at a resource group do not
reach its list of sizes. Names of sizes follow the documentation of Azure, "VM sizes" and "VM naming
conventions".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MIB_PER_GIB = 1024

_NAME = re.compile(
    r"Standard_(?P<family>[A-Z]+)(?P<cores>\d+)(?:-(?P<constrained>\d+))?(?P<features>[a-z]*)"
    r"(?:_[A-Z][A-Z0-9]*)?(?:_v(?P<version>\d+))?"
)
# The second generation of D numbers its sizes by other than their cores: number -> cores, GiB.
_D_V2 = {1: (1, 3.5), 2: (2, 7), 3: (4, 14), 4: (8, 28), 5: (16, 56)} | {
    11: (2, 14),
    12: (4, 28),
    13: (8, 56),
    14: (16, 112),
    15: (20, 140),
}

# AKS, "Node resource reservations": millicores by number of cores; numbers between have the next lower one's.
_RESERVED_MILLICORES = {1: 60, 2: 100, 4: 140, 8: 180, 16: 260, 32: 420, 64: 740}
# The same page: 20 MiB for each pod that the node may have and 50 MiB, at most a quarter of the memory, and
# 100 MiB below which pods are evicted.
MAX_PODS = 250
_RESERVED_MIB, _EVICTION_MIB = 20 * MAX_PODS + 50, 100
# The kernel keeps 1/64 of the memory for its page tables, and nodes of 3.5 to 16 GiB report some 100 to
# 121 MiB less again (github.com/Azure/AKS, issues 1216 and 3525).
_KERNEL_SHARE, _KERNEL_MIB = 1 / 64, 128


@dataclass(frozen=True)
class NodeSize:
    """What a node has, or leaves to pods.

    Attributes:
        millicores: thousandths of a CPU.
        mebibytes: of memory.

    """

    millicores: int
    mebibytes: int


def node_size(name: str) -> NodeSize | None:
    """Return the cores and the memory of a VM size, None for one that this release does not know.

    Args:
        name: in the spelling of Azure, as in `Standard_D2s_v5`.

    """
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    number, version = int(match["cores"]), int(match["version"] or 1)
    if match["family"] in {"D", "DS"} and version <= 2:  # noqa: PLR2004 - the generation of the table
        cores, gibibytes = _D_V2.get(number, (0, 0.0))
    else:
        ratio = _GIB_PER_CORE.get(match["family"], _unknown)(match["features"], version)
        cores, gibibytes = int(match["constrained"] or number), number * ratio
    return NodeSize(cores * 1000, int(gibibytes * MIB_PER_GIB)) if cores and gibibytes else None


def allocatable(size: NodeSize) -> NodeSize:
    """Return what AKS leaves to pods on a node of this size."""
    cores = size.millicores // 1000
    reserved_cpu = max(value for least, value in _RESERVED_MILLICORES.items() if least <= cores)
    kernel = size.mebibytes * _KERNEL_SHARE + _KERNEL_MIB
    reserved = min(_RESERVED_MIB, size.mebibytes / 4) + _EVICTION_MIB
    return NodeSize(size.millicores - reserved_cpu, int(size.mebibytes - kernel - reserved))


def _unknown(_features: str, _version: int) -> float:
    return 0.0


def _always(ratio: float) -> Callable[[str, int], float]:
    return lambda _features, _version: ratio


def _low_or(ratio: float) -> Callable[[str, int], float]:
    """Return the rule of families in which the feature `l` stands for half of the memory."""
    return lambda features, _version: 2.0 if "l" in features else ratio


def _burstable(features: str, version: int) -> float:
    """Return the ratio of a B size: B2s has 4 GiB, B2ms 8; of the second version B2ts 1, B2ls 4, B2s 8."""
    if version == 1:
        return 4.0 if "m" in features else 2.0
    return 0.5 if "t" in features else 2.0 if "l" in features else 4.0


def _compute(features: str, version: int) -> float:
    """Return the ratio of an F size: 2, and since the sixth version 4, `l` 2 and `m` 8."""
    if version < 6:  # noqa: PLR2004
        return 2.0
    return 8.0 if "m" in features else 2.0 if "l" in features else 4.0


# GiB of memory for each core, by features and version.
_GIB_PER_CORE: dict[str, Callable[[str, int], float]] = {
    "A": lambda features, _version: 8.0 if "m" in features else 2.0,
    "B": _burstable,
    "D": _low_or(4.0),
    "DC": _always(4.0),
    "E": _always(8.0),
    "EC": _always(8.0),
    "F": _compute,
    "L": _always(8.0),
    "NC": _always(7.0),
}
