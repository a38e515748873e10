"""Judges the limits of sessions: by each other, and by what the nodes hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.settings.capacity import (
    Session,
    advised_sizes,
    largest_memory_limit,
    nodes_for,
    room_for_pods,
    session_of,
    sessions_of,
    too_large_for,
)
from deployer.settings.types.numbers import LEAST_CPUS, LEAST_MEMORY
from deployer.settings.types.validation import Violation
from deployer.settings.vm_sizes import MIB_PER_GIB, node_size

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from deployer.settings.model import Settings


def session_fits_a_node(settings: Settings, _present: Collection[str]) -> Iterator[Violation]:
    """Refuse limits with which no session could start on the nodes of the user pool."""
    size = settings.aks_node_vm_size
    session = session_of(settings)
    if not too_large_for(size, session):
        return
    if too_large_for(size, Session.of(LEAST_MEMORY, LEAST_CPUS)):
        yield _no_room(size, advised_sizes(session))
        return
    of_memory = too_large_for(size, Session.of(settings.user_memory_limit, LEAST_CPUS))
    advised = advised_sizes(session)
    instead = f"set AKS_NODE_VM_SIZE to a larger size, for example {advised}" if advised else ""
    less = f"write {largest_memory_limit(size)} or less" if of_memory else "write a smaller number"
    remedy = " or ".join(filter(None, (less, instead)))
    room = room_for_pods(size).mebibytes / MIB_PER_GIB
    yield Violation(
        "user_memory_limit" if of_memory else "user_cpu_limit",
        f"is more than a node of the size {size} can give one session"
        + (f" (it has {room:.1f} GiB for all pods)." if of_memory else "."),
        f"{remedy[0].upper()}{remedy[1:]}.",
    )


def _no_room(size: str, advised: str | None) -> Violation:
    return Violation(
        "aks_node_vm_size",
        f"has no room for any session: Azure's own pods take up nearly all of the memory of {size}.",
        f"Choose a larger size{f', for example {advised}' if advised else ''}.",
    )


def repository_quota_within_total(settings: Settings, _present: Collection[str]) -> Iterator[Violation]:
    """Require the quota of one repository to be within the total, where that was chosen."""
    chosen = "total_quota" in settings.model_fields_set
    if chosen and settings.per_repository_quota > settings.total_quota:
        yield Violation(
            "per_repository_quota",
            f"is more than TOTAL_QUOTA, which is {settings.total_quota}.",
            f"Write {settings.total_quota} or less.",
        )


def idle_timeout_within_max_age(settings: Settings, _present: Collection[str]) -> Iterator[Violation]:
    """Require the maximum age to be at least the idle timeout, which would have no effect otherwise."""
    if settings.maximum_age < settings.idle_timeout:
        yield Violation(
            "maximum_age",
            f"is less than IDLE_TIMEOUT, which is {settings.idle_timeout} seconds.",
            "Write a longer time, or shorten IDLE_TIMEOUT.",
        )


def warnings_about_limits(settings: Settings) -> Iterator[str]:
    """Yield warnings about quotas that the nodes cannot hold, or that have no effect."""
    yield from _unknown_size(settings)
    yield from _more_than_fits(settings)


def _unknown_size(settings: Settings) -> Iterator[str]:
    size = settings.aks_node_vm_size
    if node_size(size) is None and "total_quota" not in settings.model_fields_set:
        yield (
            f"AKS_NODE_VM_SIZE = {size!r} is not a size whose memory this release knows: it is taken for one "
            f"with little, and the hub lets in {settings.total_quota} sessions. Set TOTAL_QUOTA if more fit."
        )


def _more_than_fits(settings: Settings) -> Iterator[str]:
    size, most, fitting = settings.aks_node_vm_size, settings.aks_node_count_max, sessions_of(settings)
    where = f"{most} × {size}"
    if settings.total_quota > fitting:
        nodes = nodes_for(size, session_of(settings), settings.total_quota)
        yield (
            f"TOTAL_QUOTA is {settings.total_quota}, but about {fitting} sessions fit on {where}: whoever "
            "comes later waits for ten minutes in vain. "
            f"Set AKS_NODE_COUNT_MAX to {nodes}, or leave TOTAL_QUOTA unset."
        )
    elif settings.per_repository_quota > settings.total_quota:
        yield (
            f"PER_REPOSITORY_QUOTA has no effect: it is {settings.per_repository_quota}, but the hub lets in "
            f"{settings.total_quota} sessions in all, which fit on {where}."
        )
