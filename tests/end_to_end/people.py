"""People and applications with roles on a single resource, as IT departments prepare them."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from sandbox.azure.resource_manager.app import OTHER_SUBSCRIPTION_ID
from sandbox.azure.resource_manager.core.roles import role_by_name
from sandbox.visitor.portal import GROUPS_API, Portal

if TYPE_CHECKING:
    from sandbox.client import RunningSandbox, SandboxError

OTHER_SUBSCRIPTION = f"/subscriptions/{OTHER_SUBSCRIPTION_ID}"
ROLES_API, LOCKS_API, IDENTITIES_API, ZONES_API = (
    "2022-04-01",
    "2020-05-01",
    "2025-01-31-preview",
    "2018-05-01",
)
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Somebody:
    """An application that people sign in with.

    Attributes:
        object_id: what roles are assigned to.
        settings: its SP_… settings.

    """

    object_id: str
    settings: dict[str, str]


def subscription(sandbox: RunningSandbox) -> str:
    """Return the id of the sandbox's subscription as a scope."""
    return f"/subscriptions/{sandbox.settings['AZURE_SUBSCRIPTION']}"


def group_id(sandbox: RunningSandbox, name: str) -> str:
    """Return the id of a group in the sandbox's subscription."""
    return f"{subscription(sandbox)}/resourceGroups/{name}"


def make_group(sandbox: RunningSandbox, name: str, location: str = "westeurope") -> str:
    """Make a group; return its id."""
    path = group_id(sandbox, name)
    Portal(sandbox).arm("PUT", path, GROUPS_API, {"location": location})
    return path


def located_in(sandbox: RunningSandbox, group: str) -> list[str]:
    """Return the names of the resources in a group that have a region."""
    found = [one for one in sandbox.state()["resources"] if f"/{group}/providers/" in one["id"]]
    return [str(one["name"]) for one in found if "location" in one]


def add_somebody(sandbox: RunningSandbox, **roles: str) -> Somebody:
    """Add an application with roles: `Contributor=scope`, `_` for spaces in the name of a role."""
    given = [{"role": role.replace("_", " "), "scope": scope} for role, scope in roles.items()]
    made = sandbox.ask("POST", "/service-principals", {"name": "somebody", "roles": given}).json()
    return Somebody(made["object_id"], made["settings"])


def it_department(sandbox: RunningSandbox) -> Portal:
    """Return the portal of the Owner of the other subscription."""
    return Portal(sandbox, add_somebody(sandbox, Owner=OTHER_SUBSCRIPTION).settings)


def assign(portal: Portal, principal: str, role: str, scope: str) -> None:
    """Assign a role."""
    definition = role_by_name(role).resource_id(scope.split("/")[2])
    properties = {
        "principalId": principal,
        "principalType": "ServicePrincipal",
        "roleDefinitionId": definition,
    }
    path = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{uuid4()}"
    portal.arm("PUT", path, ROLES_API, {"properties": properties})


def make_identity(portal: Portal, group: str) -> dict[str, Any]:
    """Make a group with an identity for the deployer; return the identity."""
    portal.arm("PUT", group, GROUPS_API, {"location": "westeurope"})
    path = f"{group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/deployer"
    return portal.arm("PUT", path, IDENTITIES_API, {"location": "westeurope"})


def set_lock(sandbox: RunningSandbox, scope: str) -> str:
    """Forbid deletions; return the lock's id."""
    path = f"{scope}/providers/Microsoft.Authorization/locks/keep"
    Portal(sandbox).arm("PUT", path, LOCKS_API, {"properties": {"level": "CanNotDelete"}})
    return path


def refusal(answer: SandboxError) -> dict[str, Any]:
    """Return the error object of a refused request."""
    _, _, body = str(answer).partition("\n")
    return dict(json.loads(body)["error"])


def await_access(portal: Portal, path: str, api_version: str) -> None:
    """Wait until a role that was assigned has an effect."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while not portal.exists(path, api_version):
        if time.monotonic() > ends:
            raise TimeoutError(path)
        time.sleep(0.1)
