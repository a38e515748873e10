"""What is refused to the hub's cluster ends the run at once, with the words of the refusal and what helps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.clusters import kubernetes
from tests.end_to_end.deployments import deploy, group_of
from tests.end_to_end.governance import address_limit, denied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

    from sandbox.client import RunningSandbox

HUB = "refused-objects"
WHERE = {"RESOURCE_GROUP_LOCATION": "southeastasia"}
ADDRESSES_OF_SERVICES = {
    "allOf": [
        {"field": "type", "equals": "Microsoft.Network/publicIPAddresses"},
        {"field": "tags['k8s-azure-service']", "exists": "true"},
    ]
}
# Helm would wait for a quarter of an hour; the test ends a command after four minutes.
CHANGED = {"HELM_VALUES": '{"dind": {"resources": {"requests": {"cpu": "0.1"}}}}'}
NAME = "no-privileged-pods"
RULES = "/apis/admissionregistration.k8s.io/v1"


@pytest.fixture(scope="module", autouse=True)
def group(sandbox: RunningSandbox) -> Iterator[None]:
    with group_of(sandbox, HUB):
        yield


def test_refused_public_addresses_end_each_run_with_the_reason_of_now(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    with address_limit(sandbox, 1):  # the outbound address of the cluster
        with denied(sandbox, "no-addresses", "No public addresses", ADDRESSES_OF_SERVICES):
            by_policy = deploy(sandbox, tmp_path, HUB, **WHERE)
        by_quota = deploy(sandbox, tmp_path, HUB, **WHERE)
    assert by_policy.status == 1
    assert "RequestDisallowedByPolicy" in by_policy.stderr
    assert "no-addresses" in by_policy.stderr
    assert by_quota.status == 1
    assert "Cannot create more than 1 public IP addresses" in by_quota.stderr
    assert "the Service binder" in by_quota.stderr
    assert "the Service proxy-public" in by_quota.stderr
    assert "no public IP address left" in by_quota.stderr
    # The refusals of the runs before stay in the cluster for an hour, and say nothing about now.
    assert "no-addresses" not in by_quota.stderr
    again = deploy(sandbox, tmp_path, HUB, **WHERE)
    assert again.status == 0, again.stderr


def test_a_policy_against_the_image_builder_is_named_and_does_not_make_helm_wait(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    first = deploy(sandbox, tmp_path, HUB, **WHERE)
    assert first.status == 0, first.stderr
    with kubernetes(sandbox, HUB) as api:
        forbid_privileged_pods(api)
    ran = deploy(sandbox, tmp_path, HUB, **WHERE, **CHANGED)
    assert ran.status == 1
    assert "Privileged container is not allowed" in ran.stderr
    assert "every image builder of BinderHub needs" in ran.stderr


def forbid_privileged_pods(api: httpx.Client) -> None:
    """Let the API server refuse them as the policy for AKS of an organisation does, in its words."""
    privileged = "has(c.securityContext) && has(c.securityContext.privileged) && c.securityContext.privileged"
    policy: dict[str, Any] = {
        "metadata": {"name": NAME},
        "spec": {
            "matchConstraints": {
                "resourceRules": [
                    {
                        "apiGroups": [""],
                        "apiVersions": ["v1"],
                        "operations": ["CREATE"],
                        "resources": ["pods"],
                    }
                ]
            },
            "validations": [
                {
                    "expression": f"!object.spec.containers.exists(c, {privileged})",
                    "message": f"[azurepolicy-{NAME}-1] Privileged container is not allowed: dind",
                }
            ],
        },
    }
    binding = {
        "metadata": {"name": NAME},
        "spec": {"policyName": NAME, "validationActions": ["Deny"]},
    }
    api.post(f"{RULES}/validatingadmissionpolicies", json=policy).raise_for_status()
    api.post(f"{RULES}/validatingadmissionpolicybindings", json=binding).raise_for_status()
