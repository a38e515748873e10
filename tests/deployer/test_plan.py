"""The plan: what it says is what runs, for every choice of registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deployer.names import derive_names
from deployer.plan import build_plan
from tests.deployer.hubs import AZURE_NAMES, OWN_DOMAIN
from tests.deployer.settings_of import settings_of

if TYPE_CHECKING:
    from deployer.plan import Plan

OWN_ZONE = {**OWN_DOMAIN, "dns_zone_resource_group": "zones"}
DOCKER_HUB = {
    "container_registry": "dockerhub",
    "dockerhub_username": "somebody",
    "dockerhub_password": "pass word",
}


def plan_of(**given: str) -> Plan:
    return build_plan(settings_of(**given))


@pytest.mark.parametrize("given", [{}, DOCKER_HUB, AZURE_NAMES, OWN_DOMAIN, OWN_ZONE])
def test_signing_in_is_the_first_step_and_everything_else_needs_it(given: dict[str, str]) -> None:
    first, *others = plan_of(**given).steps
    assert (first.name, first.needs) == ("sign-in", ())
    assert all(step.needs for step in others)


@pytest.mark.parametrize("given", [{}, DOCKER_HUB, AZURE_NAMES, OWN_DOMAIN, OWN_ZONE])
def test_the_plan_is_known_before_subscription_and_region_are(given: dict[str, str]) -> None:
    opened = settings_of(**given).model_copy(
        update={"azure_subscription": None, "resource_group_location": None}
    )
    assert build_plan(opened).step_names == plan_of(**given).step_names


@pytest.mark.parametrize("given", [{}, AZURE_NAMES, OWN_DOMAIN])
def test_each_step_comes_after_what_it_needs(given: dict[str, str]) -> None:
    seen: set[str] = set()
    for step in plan_of(**given).steps:
        assert set(step.needs) <= seen
        seen.add(step.name)


def needs_of(**given: str) -> dict[str, tuple[str, ...]]:
    return {step.name: step.needs for step in plan_of(**given).steps}


def all_needs_of(name: str, **given: str) -> set[str]:
    """Return the steps that a step waits for, those that they wait for included."""
    needs = needs_of(**given)
    before, unseen = set[str](), {name}
    while unseen:
        unseen = {need for name in unseen for need in needs[name]}
        before |= unseen
    return before


def created_by(**given: str) -> list[str]:
    settings = settings_of(**given)
    names = derive_names(settings)
    return [line for step in build_plan(settings).steps for line in step.creates(names)]


def test_who_reaches_the_kubernetes_api_is_part_of_the_plan() -> None:
    line = "access to the Kubernetes API from 192.0.2.0/24, 198.51.100.7/32 alone"
    assert line in created_by(api_server_authorized_ranges="192.0.2.0/24, 198.51.100.7")
    assert not [each for each in created_by() if "Kubernetes API" in each]


def test_traefik_and_cert_manager_are_installed_side_by_side() -> None:
    needs = needs_of(**AZURE_NAMES)
    assert needs["ingress"] == needs["cert-manager"] == ("cluster-lock",)


def test_towards_plain_http_labels_are_given_back_before_others_want_them() -> None:
    assert "cleanup" in needs_of()["binderhub"]


def test_towards_https_the_old_way_goes_when_the_new_one_is_proven() -> None:
    assert needs_of(**AZURE_NAMES)["cleanup"] == ("verify",)


@pytest.mark.parametrize("given", [{}, AZURE_NAMES])
def test_the_windows_of_a_schedule_are_set_with_the_settings_that_explain_them(given: dict[str, str]) -> None:
    assert "verify" in needs_of(**given)["maintenance"]
    assert needs_of(**given)["kept-settings"] == ("maintenance",)


def test_a_certificate_is_asked_for_when_its_names_can_lead_to_the_hub() -> None:
    needed = {"cert-manager", "addresses", "namespace", "dns"}
    assert set(needs_of(**OWN_DOMAIN)["certificate"]) == needed


def test_a_certificate_does_not_wait_for_binderhub() -> None:
    assert "binderhub" not in all_needs_of("certificate", **AZURE_NAMES)


def test_two_names_in_azure_need_two_addresses_and_a_custom_domain_one() -> None:
    two = [
        "public address demo.westeurope.cloudapp.azure.com",
        "public address demo-hub.westeurope.cloudapp.azure.com",
    ]
    for given, addresses in (({}, two), (AZURE_NAMES, two), (OWN_DOMAIN, two[:1])):
        assert [line for line in created_by(**given) if "public address" in line] == addresses


def test_records_are_part_of_the_plan_where_they_are_written() -> None:
    records = [line for line in created_by(**OWN_ZONE) if "DNS" in line]
    assert records == [
        "DNS record binder.hub.example.org. CNAME demo.westeurope.cloudapp.azure.com.",
        "DNS record hub.hub.example.org. CNAME demo.westeurope.cloudapp.azure.com.",
    ]
    assert not any("DNS" in line for line in created_by(**OWN_DOMAIN))


def test_registry_and_cluster_do_not_wait_for_each_other() -> None:
    needs = {step.name: step.needs for step in plan_of().steps}
    assert "cluster" not in needs["registry"]
    assert "registry" not in needs["cluster"]


@pytest.mark.parametrize("mode", [{}, AZURE_NAMES, OWN_ZONE])
def test_only_the_empty_group_is_created_before_the_login_of_docker_hub_is_checked(
    mode: dict[str, str],
) -> None:
    given = {**DOCKER_HUB, **mode}
    names = derive_names(settings_of(**given))
    creators = [step.name for step in plan_of(**given).steps if step.creates(names)]
    unchecked = [name for name in creators if "registry" not in all_needs_of(name, **given)]
    assert unchecked == ["resource-group"]


def test_with_docker_hub_no_registry_is_created() -> None:
    assert not any("registry" in line or "token" in line for line in created_by(**DOCKER_HUB))


def test_the_plan_names_sizes_and_numbers_of_nodes_and_how_many_sessions_they_hold() -> None:
    created = created_by(aks_node_count="2", aks_node_count_max="5", aks_node_vm_size="Standard_D4s_v5")
    assert "node pool user: 2 to 5 × Standard_D4s_v5, room for 95 sessions" in created
