"""A public address that Azure refuses ends the run at once, with the words of Azure and what helps."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.end_to_end.deployments import deploy, group_of
from tests.end_to_end.governance import AUTHORIZATION, SUBSCRIPTION, azure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.client import RunningSandbox

HUB = "addressless"
WHERE = {"RESOURCE_GROUP_LOCATION": "southeastasia"}
POLICIES_API = "2025-03-01"


@contextmanager
def address_limit(sandbox: RunningSandbox, limit: int) -> Iterator[None]:
    """Set the quota of public addresses in each region for a while."""
    before = sandbox.ask("PUT", "/address-limit", {"limit": limit}).json()
    try:
        yield
    finally:
        sandbox.ask("PUT", "/address-limit", before)


@contextmanager
def no_addresses_for_services(sandbox: RunningSandbox) -> Iterator[None]:
    """Deny for a while the public addresses that a cluster creates for Services."""
    conditions = [
        {"field": "type", "equals": "Microsoft.Network/publicIPAddresses"},
        {"field": "tags['k8s-azure-service']", "exists": "true"},
    ]
    rule = {"if": {"allOf": conditions}, "then": {"effect": "deny"}}
    definition = f"{SUBSCRIPTION}/{AUTHORIZATION}/policyDefinitions/no-addresses"
    assignment = f"{SUBSCRIPTION}/{AUTHORIZATION}/policyAssignments/no-addresses"
    kinds = {"mode": "Indexed", "displayName": "No public addresses", "policyRule": rule}
    azure(sandbox, "PUT", definition, POLICIES_API, {"properties": kinds})
    azure(sandbox, "PUT", assignment, POLICIES_API, {"properties": {"policyDefinitionId": definition}})
    try:
        yield
    finally:
        azure(sandbox, "DELETE", assignment, POLICIES_API)


def test_a_used_up_quota_ends_the_run_and_is_told_for_both_services(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    with group_of(sandbox, HUB):
        with address_limit(sandbox, 1):  # the outbound address of the cluster
            ran = deploy(sandbox, tmp_path, HUB, **WHERE)
        assert ran.status == 1
        assert "Cannot create more than 1 public IP addresses" in ran.stderr
        assert "the Service binder" in ran.stderr
        assert "the Service proxy-public" in ran.stderr
        assert "no public IP address left" in ran.stderr
        # The refusals of the run before stay in the cluster for an hour, and say nothing about now.
        again = deploy(sandbox, tmp_path, HUB, **WHERE)
        assert again.status == 0, again.stderr


def test_a_policy_against_public_addresses_ends_the_run_with_its_name(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    with group_of(sandbox, HUB), no_addresses_for_services(sandbox):
        ran = deploy(sandbox, tmp_path, HUB, **WHERE)
        assert ran.status == 1
        assert "RequestDisallowedByPolicy" in ran.stderr
        assert "no-addresses" in ran.stderr
