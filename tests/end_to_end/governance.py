"""What an IT department does beside a hub: policies, locks and changes of its own to the cluster."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.app import SUBSCRIPTION_ID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from contextlib import AbstractContextManager

    import httpx

    from sandbox.client import RunningSandbox

SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION_ID}"
AUTHORIZATION = "providers/Microsoft.Authorization"
MANAGEMENT = "https://management.azure.com"
CLUSTERS_API = "2026-08-01"
POLICIES_API = "2025-03-01"


def azure(
    sandbox: RunningSandbox, method: str, path: str, api_version: str, body: Any = None
) -> httpx.Response:
    """Send a request as the Owner of the subscription; it has to succeed."""
    token = sandbox.ask("POST", "/token", {"audience": MANAGEMENT}).json()["token"]
    with sandbox.client() as client:
        answer = client.request(
            method,
            f"{MANAGEMENT}{path}",
            params={"api-version": api_version},
            headers={"Authorization": f"Bearer {token}"},
            json=body,
        )
    return answer.raise_for_status()


@contextmanager
def locked(sandbox: RunningSandbox, scope: str, level: str) -> Iterator[None]:
    """Lock a scope for a while."""
    path = f"{scope}/{AUTHORIZATION}/locks/by-it"
    azure(sandbox, "PUT", path, "2020-05-01", {"properties": {"level": level}})
    try:
        yield
    finally:
        azure(sandbox, "DELETE", path, "2020-05-01")


@contextmanager
def required_tag(sandbox: RunningSandbox, tag: str) -> Iterator[None]:
    """Deny for a while every resource of the subscription that lacks a tag."""
    with denied(sandbox, f"require-{tag}", f"Require {tag}", {"field": f"tags['{tag}']", "exists": "false"}):
        yield


@contextmanager
def denied(sandbox: RunningSandbox, name: str, shown: str, condition: Mapping[str, Any]) -> Iterator[None]:
    """Deny for a while every resource of the subscription that a policy's condition is true of.

    Args:
        sandbox: where Azure is.
        name: of the policy and of its assignment.
        shown: its name in the portal.
        condition: in the language of Azure Policy.

    """
    definition = f"{SUBSCRIPTION}/{AUTHORIZATION}/policyDefinitions/{name}"
    assignment = f"{SUBSCRIPTION}/{AUTHORIZATION}/policyAssignments/{name}"
    rule = {"if": condition, "then": {"effect": "deny"}}
    defined = {"mode": "Indexed", "displayName": shown, "policyRule": rule}
    azure(sandbox, "PUT", definition, POLICIES_API, {"properties": defined})
    azure(sandbox, "PUT", assignment, POLICIES_API, {"properties": {"policyDefinitionId": definition}})
    try:
        yield
    finally:
        azure(sandbox, "DELETE", assignment, POLICIES_API)


def address_limit(sandbox: RunningSandbox, limit: int) -> AbstractContextManager[None]:
    """Set the quota of public addresses in each region for a while."""
    return _set_for_a_while(sandbox, "/address-limit", {"limit": limit})


def old_lists(sandbox: RunningSandbox, seconds: float) -> AbstractContextManager[None]:
    """Let lists of resources be some of Azure's seconds old for a while, as they can be in Azure."""
    return _set_for_a_while(sandbox, "/list-age", {"seconds": seconds})


@contextmanager
def _set_for_a_while(sandbox: RunningSandbox, path: str, wanted: Mapping[str, float]) -> Iterator[None]:
    """Set something of the sandbox, which answers with what it was before, and set that again at the end."""
    before = sandbox.ask("PUT", path, wanted).json()
    try:
        yield
    finally:
        sandbox.ask("PUT", path, before)
