"""How many sessions fit: sizes are known by their names, and what AKS and the builder take is left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployer.errors import SettingsError
from deployer.settings.capacity import (
    Session,
    advised_sizes,
    largest_memory_limit,
    nodes_for,
    room_for_pods,
    sessions_of,
    sessions_per_node,
    sessions_that_fit,
    too_large_for,
)
from deployer.settings.types.azure import vm_size
from deployer.settings.vm_sizes import NodeSize, node_size
from sandbox.clusters.vm_sizes import GIB, MIB, VM_SIZES, allocatable
from tests.deployer.settings_of import settings_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.settings import LoadedSettings
    from sandbox.clusters.vm_sizes import VmSize

USUAL = Session.of("2G", 1.0)
sizes = st.sampled_from([f"Standard_{family}{cores}s_v5" for family in "DE" for cores in (2, 4, 8, 16)])
limits = st.builds("{}M".format, st.integers(128, 200_000))
cpus = st.floats(0.05, 128)


@pytest.mark.parametrize(
    ("name", "cores", "gibibytes"),
    [
        ("Standard_D2s_v5", 2, 8),
        ("Standard_D4ads_v6", 4, 16),
        ("Standard_D2ls_v5", 2, 4),
        ("Standard_DS2_v2", 2, 7),
        ("Standard_D13_v2", 8, 56),
        ("Standard_E4-2s_v5", 2, 32),
        ("Standard_B2s", 2, 4),
        ("Standard_B4ms", 4, 16),
        ("Standard_B2ts_v2", 2, 1),
        ("Standard_B2als_v2", 2, 4),
        ("Standard_B2s_v2", 2, 8),
        ("Standard_F4s_v2", 4, 8),
        ("Standard_F4as_v6", 4, 16),
        ("Standard_F4ams_v6", 4, 32),
        ("Standard_A2m_v2", 2, 16),
        ("Standard_L8s_v3", 8, 64),
        ("Standard_NC4as_T4_v3", 4, 28),
        ("Standard_DC2as_v5", 2, 8),
    ],
)
def test_a_size_is_known_by_its_name(name: str, cores: int, gibibytes: float) -> None:
    assert node_size(vm_size(name)) == NodeSize(cores * 1000, int(gibibytes * 1024))


@pytest.mark.parametrize("name", ["Standard_M8ms", "Standard_D6_v2", "Standard_H8"])
def test_a_size_of_another_kind_is_taken_for_one_with_little_memory(name: str) -> None:
    assert node_size(name) is None
    assert room_for_pods(name).mebibytes < room_for_pods("Standard_D8s_v5").mebibytes


@pytest.mark.parametrize("size", VM_SIZES.values(), ids=lambda size: size.name)
def test_no_node_leaves_less_to_pods_than_is_counted_on(size: VmSize) -> None:
    millicores, memory = allocatable(size)
    assert node_size(size.name) == NodeSize(size.cores * 1000, int(size.memory_gib * GIB / MIB))
    assert room_for_pods(size.name).millicores == millicores
    assert 0 <= memory / MIB - room_for_pods(size.name).mebibytes < 10


@pytest.mark.parametrize(
    ("limit", "guarantee", "known_to_kubernetes"),
    [("2G", "512M", "2G"), ("1.5G", "384M", "1.5G"), ("512M", "128M", "512M"), ("1048576K", "256M", "1024M")],
)
def test_a_session_reserves_a_quarter_of_its_memory(
    limit: str, guarantee: str, known_to_kubernetes: str
) -> None:
    session = Session.of(limit, 1.0)
    assert (session.memory_guarantee, session.memory_limit) == (guarantee, known_to_kubernetes)


def test_the_usual_sizes_hold_a_class() -> None:
    assert sessions_of(settings_of()) == 24
    assert settings_of().total_quota == settings_of().per_repository_quota == 24
    assert settings_of(aks_node_vm_size="Standard_D8s_v5", aks_node_count_max="4").total_quota == 196
    assert settings_of(user_memory_limit="1G").total_quota == 48


@given(sizes, limits, cpus)
def test_what_fits_never_exceeds_a_node(size: str, limit: str, cpu: float) -> None:
    session, room = Session.of(limit, cpu), room_for_pods(size)
    fitting = sessions_per_node(size, session)
    assert 0 <= fitting <= 240
    assert fitting * session.reserved.mebibytes <= room.mebibytes
    assert fitting * session.reserved.millicores <= room.millicores


@given(sizes, limits, cpus, st.integers(1, 500))
def test_as_many_nodes_are_advised_as_hold_the_sessions(
    size: str, limit: str, cpu: float, sessions: int
) -> None:
    session = Session.of(limit, cpu)
    if not sessions_per_node(size, session):
        return
    nodes = nodes_for(size, session, sessions)
    assert sessions_that_fit(size, nodes - 1, session) < sessions <= sessions_that_fit(size, nodes, session)


@given(sizes, cpus)
def test_the_largest_limit_that_is_named_fits(size: str, cpu: float) -> None:
    assert not too_large_for(size, Session.of(largest_memory_limit(size), min(cpu, 1.0)))


@given(limits, cpus)
def test_advised_sizes_hold_the_session(limit: str, cpu: float) -> None:
    session = Session.of(limit, cpu)
    for size in (advised_sizes(session) or "").split(" or "):
        assert not size or not too_large_for(size, session)


BEYOND_MEMORY = (
    "USER_MEMORY_LIMIT (userMemoryLimit in the form) = '8G': is more than a node of the size Standard_D2s_v5 "
    "can give one session (it has 5.7 GiB for all pods). Write 5G or less or set AKS_NODE_VM_SIZE to a "
    "larger size, for example Standard_E2s_v5 or Standard_D4s_v5."
)
BEYOND_CPU = "Write a smaller number or set AKS_NODE_VM_SIZE to a larger size, for example"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"USER_MEMORY_LIMIT": "8G"}, BEYOND_MEMORY),
        ({"USER_CPU_LIMIT": "64"}, BEYOND_CPU),
        ({"USER_MEMORY_LIMIT": "900G"}, "Write 5G or less."),
    ],
)
def test_a_limit_beyond_a_node_is_refused_at_once_with_what_would_fit(
    asked: dict[str, str], told: str, load_environment: Callable[..., LoadedSettings]
) -> None:
    with pytest.raises(SettingsError) as caught:
        load_environment(**asked)
    (problem,) = caught.value.problems
    assert told in str(problem)


def test_usual_sizes_are_advised_in_the_order_of_their_prices() -> None:
    assert not too_large_for("Standard_D2s_v5", USUAL)
    assert advised_sizes(USUAL) == "Standard_D2s_v5 or Standard_E2s_v5"
    assert advised_sizes(Session.of("900G", 1.0)) is None
