"""What an IT department does beside a hub: policies, locks and changes of its own to the cluster."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.app import SUBSCRIPTION_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from sandbox.client import RunningSandbox

SUBSCRIPTION = f"/subscriptions/{SUBSCRIPTION_ID}"
AUTHORIZATION = "providers/Microsoft.Authorization"
MANAGEMENT = "https://management.azure.com"
CLUSTERS_API = "2026-08-01"


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
    rule = {"if": {"field": f"tags['{tag}']", "exists": "false"}, "then": {"effect": "deny"}}
    definition = f"{SUBSCRIPTION}/{AUTHORIZATION}/policyDefinitions/require-{tag}"
    assignment = f"{SUBSCRIPTION}/{AUTHORIZATION}/policyAssignments/require-{tag}"
    kinds = {"mode": "Indexed", "displayName": f"Require {tag}", "policyRule": rule}
    azure(sandbox, "PUT", definition, "2025-03-01", {"properties": kinds})
    azure(sandbox, "PUT", assignment, "2025-03-01", {"properties": {"policyDefinitionId": definition}})
    try:
        yield
    finally:
        azure(sandbox, "DELETE", assignment, "2025-03-01")
