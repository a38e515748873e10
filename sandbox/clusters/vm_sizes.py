"""VM sizes: cores, memory, and what AKS leaves of both for pods."""

from __future__ import annotations

from dataclasses import dataclass

GIB = 1024**3
MIB = 1024**2


@dataclass(frozen=True)
class VmSize:
    """A VM size, as the documentation of Azure lists it."""

    name: str
    family: str
    cores: int
    memory_gib: float


def _sizes(family: str, pattern: str, *sizes: tuple[int, float]) -> list[VmSize]:
    return [VmSize(pattern.format(cores), family, cores, memory) for cores, memory in sizes]


_GENERAL = ((2, 8.0), (4, 16.0), (8, 32.0), (16, 64.0), (32, 128.0))
_MEMORY = ((2, 16.0), (4, 32.0), (8, 64.0), (16, 128.0))

VM_SIZES: dict[str, VmSize] = {
    size.name: size
    for size in (
        VmSize("Standard_B2s", "standardBSFamily", 2, 4.0),
        VmSize("Standard_B2ms", "standardBSFamily", 2, 8.0),
        VmSize("Standard_B4ms", "standardBSFamily", 4, 16.0),
        VmSize("Standard_A2_v2", "standardAv2Family", 2, 4.0),
        VmSize("Standard_DS2_v2", "standardDSv2Family", 2, 7.0),
        VmSize("Standard_F2s_v2", "standardFSv2Family", 2, 4.0),
        VmSize("Standard_F4s_v2", "standardFSv2Family", 4, 8.0),
        VmSize("Standard_F8s_v2", "standardFSv2Family", 8, 16.0),
        VmSize("Standard_D1_v2", "standardDv2Family", 1, 3.5),
        *_sizes("standardDSv3Family", "Standard_D{}s_v3", *_GENERAL),
        *_sizes("standardDSv4Family", "Standard_D{}s_v4", *_GENERAL),
        *_sizes("standardDSv5Family", "Standard_D{}s_v5", *_GENERAL),
        *_sizes("standardDDSv5Family", "Standard_D{}ds_v5", *_GENERAL),
        *_sizes("standardDASv5Family", "Standard_D{}as_v5", *_GENERAL),
        *_sizes("standardESv5Family", "Standard_E{}s_v5", *_MEMORY),
    )
}

# Millicores that AKS reserves, by number of cores; numbers in between have the next lower one's.
_RESERVED_MILLICORES = {1: 60, 2: 100, 4: 140, 8: 180, 16: 260, 32: 420}
_PODS_PER_NODE = 250


def allocatable(size: VmSize) -> tuple[int, int]:
    """Return what pods can request on a node: CPU in millicores, memory in bytes.

    AKS reserves CPU by cores, and of the memory min(20 MB × maxPods + 50 MB, 25 %) and 100 MiB for eviction,
    as its documentation says. maxPods is 250 with the overlay network. The kernel keeps 1/64 and some
    121 MiB: a Standard_D2s_v5 leaves 5.66 GiB and a Standard_D4s_v5 11.5 GiB, as measured on AKS.
    """
    reserved_cpu = max(value for cores, value in _RESERVED_MILLICORES.items() if cores <= size.cores)
    total = size.memory_gib * GIB
    reserved_memory = min((20 * _PODS_PER_NODE + 50) * MIB, total / 4) + 100 * MIB
    kernel = total / 64 + 121 * MIB
    return size.cores * 1000 - reserved_cpu, int(total - kernel - reserved_memory)
