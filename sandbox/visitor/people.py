"""Who works in the shell: an Owner, a Contributor of one group, or somebody without any role."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from sandbox.visitor.portal import GROUPS_API, Portal

if TYPE_CHECKING:
    from sandbox.client import RunningSandbox

LOCATION = "westeurope"


class VisitorRole(StrEnum):
    """What somebody may do in the sandbox's subscription."""

    OWNER = "owner"
    CONTRIBUTOR = "contributor"
    STRANGER = "stranger"


def sign_in(running: RunningSandbox, role: VisitorRole, group: str) -> dict[str, str]:
    """Return the variables of a shell for somebody with a role.

    Args:
        running: the sandbox.
        role: the role; each has a folder of its own for the login of azure-cli.
        group: of which the Contributor is one; made where it is not there.

    """
    environment = running.environment()
    if role is VisitorRole.OWNER:
        return environment
    contributes = role is VisitorRole.CONTRIBUTOR
    name, roles = (f"{role}-{group}", [_contributor_of(running, group)]) if contributes else (role.value, [])
    made = running.ask("POST", "/service-principals", {"name": name, "roles": roles}).json()
    logins = str(running.state_dir / f"azure-cli-{name}")
    return {**environment, **made["settings"], "AZURE_CONFIG_DIR": logins}


def _contributor_of(running: RunningSandbox, group: str) -> dict[str, str]:
    scope = f"/subscriptions/{running.settings['AZURE_SUBSCRIPTION']}/resourceGroups/{group}"
    portal = Portal(running)
    if not portal.exists(scope, GROUPS_API):
        portal.arm("PUT", scope, GROUPS_API, {"location": LOCATION})
    return {"role": "Contributor", "scope": scope}
