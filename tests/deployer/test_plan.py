"""The plan: what it says is what runs, for every choice of registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deployer.names import derive_names
from deployer.plan import STEP_NAMES, build_plan
from tests.deployer.settings_of import settings_of

if TYPE_CHECKING:
    from deployer.plan import Plan

DOCKER_HUB = {
    "container_registry": "dockerhub",
    "dockerhub_username": "somebody",
    "dockerhub_password": "pass word",
}


def plan_of(**given: str) -> Plan:
    settings = settings_of(**given)
    return build_plan(settings, derive_names(settings))


@pytest.mark.parametrize("given", [{}, DOCKER_HUB])
def test_the_displays_know_every_step_in_the_plans_order(given: dict[str, str]) -> None:
    assert ("sign-in", *(step.name for step in plan_of(**given).steps)) == STEP_NAMES


def test_each_step_comes_after_what_it_needs() -> None:
    seen: set[str] = set()
    for step in plan_of().steps:
        assert set(step.needs) <= seen
        seen.add(step.name)


def test_registry_and_cluster_do_not_wait_for_each_other() -> None:
    needs = {step.name: step.needs for step in plan_of().steps}
    assert "cluster" not in needs["registry"]
    assert "registry" not in needs["cluster"]


def test_with_docker_hub_no_registry_is_created() -> None:
    created = [line for step in plan_of(**DOCKER_HUB).steps for line in step.creates]
    assert not any("registry" in line or "token" in line for line in created)


def test_the_plan_names_sizes_and_numbers_of_nodes() -> None:
    plan = plan_of(aks_node_count="2", aks_node_count_max="5", aks_node_vm_size="Standard_D4s_v5")
    created = [line for step in plan.steps for line in step.creates]
    assert "node pool user: 2 to 5 × Standard_D4s_v5" in created
