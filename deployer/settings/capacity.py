"""How many sessions fit on the nodes of a hub: for the default of TOTAL_QUOTA, the plan and advice on sizes.

Kubernetes places a session where its reservation is free. Whoever comes when none is free any more waits ten
minutes and then reads that the launch failed, so BinderHub's quota should refuse before.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.settings.types.validation import either
from deployer.settings.vm_sizes import MAX_PODS, MIB_PER_GIB, NodeSize, allocatable, node_size

if TYPE_CHECKING:
    from deployer.settings.model import Settings

# The share of its limits that a session reserves: few sessions need them all the time. mybinder.org reserves
# about the same.
RESERVED_SHARE_OF_MEMORY = 0.25
RESERVED_SHARE_OF_CPU = 0.05
LEAST_CPU = 0.01
MEBIBYTES = {"K": 1 / 1024, "M": 1, "G": MIB_PER_GIB, "T": 1024 * MIB_PER_GIB}

# What AKS's own pods request on each node of a pool for users: network, DNS and disks, with Cilium's data
# plane.
AKS_DAEMONS = NodeSize(350, 570)
AKS_DAEMON_PODS = 8
# One image builder on each node, and beside it the cleaner of its images, which gets the default request of
# the hub's namespace, as the chart has none for it.
BUILDER = NodeSize(200, 1024)
DEFAULT_REQUEST = NodeSize(10, 64)
BUILDER_PODS = 2

# For a size whose memory this release does not know: the least for each core that sizes for AKS have.
_LEAST_MIB_PER_CORE = 2 * MIB_PER_GIB
# In the order of their prices.
_ADVISED = tuple(f"Standard_{family}{cores}s_v5" for cores in (2, 4, 8, 16, 32, 64) for family in ("D", "E"))
_MOST_ADVISED = 2


@dataclass(frozen=True)
class Session:
    """What one session may use, and what it reserves on its node.

    Attributes:
        memory_limit: number and unit that JupyterHub and Kubernetes share (Kubernetes does not know `K`).
        memory_guarantee: the same, reserved.
        cpu_guarantee: CPUs, reserved.

    """

    memory_limit: str
    memory_guarantee: str
    cpu_guarantee: float

    @classmethod
    def of(cls, memory_limit: str, cpu_limit: float) -> Session:
        """Return a session with these limits.

        Args:
            memory_limit: number and unit (K, M, G or T, powers of 1024), as in the settings.
            cpu_limit: CPUs.

        """
        limit = mebibytes(memory_limit)
        return cls(
            memory_limit=memory_limit if memory_limit[-1] != "K" else f"{int(limit)}M",
            memory_guarantee=f"{int(limit * RESERVED_SHARE_OF_MEMORY)}M",
            cpu_guarantee=max(LEAST_CPU, round(cpu_limit * RESERVED_SHARE_OF_CPU, 3)),
        )

    @property
    def reserved(self) -> NodeSize:
        """What it reserves on its node."""
        return NodeSize(round(self.cpu_guarantee * 1000), int(mebibytes(self.memory_guarantee)))


def mebibytes(amount: str) -> float:
    """Return an amount of memory, as in the settings, in MiB."""
    return float(amount[:-1]) * MEBIBYTES[amount[-1]]


def room_for_pods(vm_size: str) -> NodeSize:
    """Return what pods may use on a node; of a size that is not known, the least that it may be."""
    return allocatable(node_size(vm_size) or _least(vm_size))


def room_for_sessions(vm_size: str) -> NodeSize:
    """Return what AKS and the image builder leave of a node."""
    room = room_for_pods(vm_size)
    taken = (AKS_DAEMONS, BUILDER, DEFAULT_REQUEST)
    return NodeSize(
        room.millicores - sum(each.millicores for each in taken),
        room.mebibytes - sum(each.mebibytes for each in taken),
    )


def sessions_per_node(vm_size: str, session: Session) -> int:
    """Return how many sessions fit on one node; 0 if not one does.

    The pod that holds room for the next session takes none: it gives way.
    """
    room, each = room_for_sessions(vm_size), session.reserved
    fitting = min(room.millicores // each.millicores, room.mebibytes // max(each.mebibytes, 1))
    return max(min(fitting, MAX_PODS - AKS_DAEMON_PODS - BUILDER_PODS), 0)


def sessions_that_fit(vm_size: str, nodes: int, session: Session) -> int:
    """Return how many sessions fit on this many nodes."""
    return nodes * sessions_per_node(vm_size, session)


def session_of(settings: Settings) -> Session:
    """Return what one session of a hub with these settings may use."""
    return Session.of(settings.user_memory_limit, settings.user_cpu_limit)


def sessions_of(settings: Settings) -> int:
    """Return how many sessions fit on the largest cluster that these settings allow."""
    return sessions_that_fit(settings.aks_node_vm_size, settings.aks_node_count_max, session_of(settings))


def too_large_for(vm_size: str, session: Session) -> bool:
    """Return whether a session cannot run on a node, or could never use what its limit promises.

    The memory of all pods of a node together is bounded by what AKS leaves to them.
    """
    return (
        mebibytes(session.memory_limit) > room_for_pods(vm_size).mebibytes
        or sessions_per_node(vm_size, session) == 0
    )


def nodes_for(vm_size: str, session: Session, sessions: int) -> int:
    """Return how many nodes this many sessions need; at least one fits on each."""
    return -(-sessions // sessions_per_node(vm_size, session))


def advised_sizes(session: Session) -> str | None:
    """Return the smallest common sizes on which such a session fits, None where none of them is enough."""
    fitting = [size for size in _ADVISED if not too_large_for(size, session)]
    return either(fitting[:_MOST_ADVISED]) if fitting else None


def largest_memory_limit(vm_size: str) -> str:
    """Return the largest limit that a node can give one session, in whole GiB or MiB."""
    room = room_for_pods(vm_size).mebibytes
    reserved = int(room_for_sessions(vm_size).mebibytes / RESERVED_SHARE_OF_MEMORY)
    most = min(room, reserved)
    return f"{most // MIB_PER_GIB}G" if most >= MIB_PER_GIB else f"{most}M"


def _least(vm_size: str) -> NodeSize:
    digits = "".join(character if character.isdigit() else " " for character in vm_size).split()
    cores = max(int(digits[0]), 2) if digits else 2
    return NodeSize(cores * 1000, cores * _LEAST_MIB_PER_CORE)
