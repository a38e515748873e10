"""Whether the quota has room for the nodes that an upgrade adds."""

from __future__ import annotations

import pytest

from deployer.azure.compute_quota import CoreQuota, Usage, VmSize
from tests.deployer.azure.clusters import as_azure_has_it
from tests.deployer.settings_of import settings_of

FAMILY = "standardDSv5Family"
D2 = VmSize(2, FAMILY)


def quota(limit: int, used: int = 0, family: int = 100) -> CoreQuota:
    return CoreQuota({"cores": Usage(used, limit), FAMILY: Usage(used, family)}, D2, D2)


@pytest.mark.parametrize(("limit", "surges"), [(4, False), (8, False), (9, False), (10, True)])
def test_the_user_pool_surges_where_the_largest_hub_leaves_room_for_a_node(
    limit: int, *, surges: bool
) -> None:
    assert quota(limit).user_pool_surges(settings_of(), None) is surges


def test_a_familys_quota_counts_as_the_regions_does() -> None:
    assert not quota(100, family=8).user_pool_surges(settings_of(), None)


def test_the_answer_does_not_change_when_the_hub_itself_uses_the_quota() -> None:
    found = as_azure_has_it()
    assert quota(10, used=4).user_pool_surges(settings_of(), found)
    assert not quota(10, used=4).user_pool_surges(settings_of(), None)


@pytest.mark.parametrize(("limit", "nodes", "lacks"), [(4, "1", True), (6, "1", False), (6, "2", True)])
def test_the_system_pool_needs_a_second_node(limit: int, nodes: str, *, lacks: bool) -> None:
    settings = settings_of(aks_node_count=nodes)
    lacking = quota(limit).system_pool_lacks(settings, None)
    assert (lacking is not None) is lacks


def test_what_lacks_is_said_in_cores() -> None:
    lacking = quota(4).system_pool_lacks(settings_of(), None)
    assert lacking == "the quota cores is 4 cores, and 6 are needed"
