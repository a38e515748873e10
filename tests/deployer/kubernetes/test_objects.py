"""Objects that a deployment makes sure of in a cluster that makes objects too: on a real control plane."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from kr8s.asyncio.objects import ServiceAccount

from deployer.errors import KubernetesError
from deployer.kubernetes.objects import ObjectName, ensure_object, remove_object

if TYPE_CHECKING:
    from kr8s.asyncio import Api

pytestmark = [
    pytest.mark.filterwarnings("ignore:Kubernetes version .* is not supported:UserWarning"),
    pytest.mark.asyncio(loop_scope="session"),
]

AT_ONCE = 8
# The first round opens the connections: from then on the requests really are at the same time.
ROUNDS = ("opening", "raced", "raced-again", "raced-once-more")


WEBHOOK = ObjectName("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "absent")


def account(name: str, **more: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "default"}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata, **more}


async def test_an_object_that_somebody_else_makes_meanwhile_is_as_wanted(api: Api) -> None:
    for name in ROUNDS:
        accounts = [account(name, automountServiceAccountToken=bool(n % 2)) for n in range(AT_ONCE)]
        assert any(await asyncio.gather(*(ensure_object(api, manifest) for manifest in accounts)))
        wanted = account(name, automountServiceAccountToken=False)
        await ensure_object(api, wanted)
        found = await ServiceAccount.get(name, namespace="default", api=api)
        assert found.raw["automountServiceAccountToken"] is False
        assert not await ensure_object(api, wanted)


async def test_what_the_cluster_refuses_is_told_with_what_helps(api: Api) -> None:
    unknown = {"apiVersion": "example.org/v1", "kind": "Unknown", "metadata": {"name": "new"}}
    with pytest.raises(KubernetesError, match="refused to accept Unknown new") as refused:
        await ensure_object(api, unknown)
    assert refused.value.retryable  # the definition of the kind may be on its way

    for manifest in forbidding("widgets"):
        await ensure_object(api, manifest)
    error = await _refusal_of(api, account("widgets"))
    assert "no widgets here" in error.message
    assert "policy of your organisation" in str(error.suggestion)
    assert not error.retryable

    await ensure_object(api, unanswered_webhook())
    try:
        error = await _refusal_of(api, account("judged"))
    finally:
        await remove_object(api, WEBHOOK)
    assert error.cause == "The webhook for such objects is not up yet."
    assert error.retryable


def forbidding(name: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a policy of the cluster against service accounts of a name, and its binding."""
    group = "admissionregistration.k8s.io/v1"
    accounts = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["serviceaccounts"]}
    rule = {"expression": f"object.metadata.name != '{name}'", "message": f"no {name} here"}
    policy = {
        "matchConstraints": {"resourceRules": [{**accounts, "operations": ["CREATE"]}]},
        "validations": [rule],
    }
    binding = {"policyName": name, "validationActions": ["Deny"]}
    kind, metadata = "ValidatingAdmissionPolicy", {"name": name}
    return (
        {"apiVersion": group, "kind": kind, "metadata": metadata, "spec": policy},
        {"apiVersion": group, "kind": f"{kind}Binding", "metadata": metadata, "spec": binding},
    )


def unanswered_webhook() -> dict[str, Any]:
    """Return the registration of a webhook for service accounts behind which nothing runs."""
    accounts = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["serviceaccounts"]}
    webhook = {
        "name": "absent.example.org",
        "clientConfig": {"service": {"namespace": "default", "name": "absent"}},
        "rules": [{**accounts, "operations": ["CREATE"]}],
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
        "timeoutSeconds": 1,
    }
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": WEBHOOK.kind,
        "metadata": {"name": WEBHOOK.name},
        "webhooks": [webhook],
    }


async def _refusal_of(api: Api, manifest: dict[str, Any]) -> KubernetesError:
    """Try until the cluster refuses: it applies policies and webhooks some time after they are created."""
    async with asyncio.timeout(60):
        while True:
            try:
                await ensure_object(api, manifest)
            except KubernetesError as error:
                return error
            await remove_object(api, ObjectName.of(manifest))
            await asyncio.sleep(0.2)
