"""A policy that refuses the pods of a release ends the wait of helm, long before its time limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.clusters import kubernetes
from tests.end_to_end.deployments import deploy, group_of

if TYPE_CHECKING:
    from pathlib import Path

    import httpx

    from sandbox.client import RunningSandbox

HUB = "forbidden"
WHERE = {"RESOURCE_GROUP_LOCATION": "northeurope"}
# Helm would wait for a quarter of an hour; the test ends a command after four minutes.
CHANGED = {"HELM_VALUES": '{"dind": {"resources": {"requests": {"cpu": "0.1"}}}}'}
NAME = "no-privileged-pods"
RULES = "/apis/admissionregistration.k8s.io/v1"


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


def test_a_policy_against_the_image_builder_is_named_and_does_not_make_helm_wait(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    with group_of(sandbox, HUB):
        first = deploy(sandbox, tmp_path, HUB, **WHERE)
        assert first.status == 0, first.stderr
        with kubernetes(sandbox, HUB) as api:
            forbid_privileged_pods(api)
        ran = deploy(sandbox, tmp_path, HUB, **WHERE, **CHANGED)
        assert ran.status == 1
        assert "Privileged container is not allowed" in ran.stderr
        assert "every image builder of BinderHub needs" in ran.stderr
