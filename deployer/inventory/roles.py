"""The role assignments of the identity that the button created: they outlive it, and block its successor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deployer.azure.deployer_identity import IDENTITY_API
from deployer.azure.retries import with_retries
from deployer.azure.role_assignments import list_assignments
from deployer.errors import AzureError
from deployer.inventory.things import Kind, Thing

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deployer.inventory.hub import Hub
    from deployer.progress.report import StepReport

# The description of an assignment that the template makes for the identity starts with this.
DESCRIBED = "The BinderHub deployer "


async def role_assignments(hub: Hub, identities: Iterable[Thing], report: StepReport) -> list[Thing]:
    """Return the role assignments of identities, on the group of the hub and on its DNS zones."""
    things: dict[str, Thing] = {}
    for identity in identities:
        found = await with_retries(
            report,
            f"look at {identity.name}",
            lambda i=identity: hub.session.azure.find(i.id, IDENTITY_API),  # type: ignore[misc]
        )
        principal = ((found or {}).get("properties") or {}).get("principalId")
        if principal:
            for thing in await _assigned(hub, str(principal), report):
                things[thing.id.lower()] = thing
    return list(things.values())


async def _assigned(hub: Hub, principal: str, report: StepReport) -> list[Thing]:
    things = []
    for scope in _scopes(hub):
        try:
            found = await with_retries(
                report,
                f"list the roles on {scope}",
                lambda scope=scope: list_assignments(hub.session.azure, scope, principal),  # type: ignore[misc]
                rights_may_come=False,
            )
        except AzureError:
            continue  # The group of a zone that is gone, or not to be seen.
        things += [
            Thing(Kind.ROLE_ASSIGNMENT, each["name"], each["id"], f"of the identity, on {_last_of(each)}")
            for each in found
            if _is_of_the_template(each, scope)
        ]
    return things


def _is_of_the_template(assignment: dict[str, Any], scope: str) -> bool:
    """Return whether the template made an assignment, rather than somebody else for the same identity."""
    properties = assignment["properties"]
    inside = f"{properties['scope']}/".lower().startswith(f"{scope}/".lower())
    return inside and str(properties.get("description") or "").startswith(DESCRIBED)


def _scopes(hub: Hub) -> list[str]:
    """Return the scopes that the template assigns roles on: the group, and the group of a DNS zone."""
    own = f"/subscriptions/{hub.session.azure.subscription}/resourceGroups/"
    zones = [run.settings.get("dns_zone_resource_group") for run in hub.history]
    groups = [hub.session.settings.resource_group_name, *(str(zone) for zone in zones if zone)]
    return list(dict.fromkeys(each if each.startswith("/") else f"{own}{each}" for each in groups))


def _last_of(assignment: dict[str, Any]) -> str:
    return str(assignment["properties"]["scope"]).rpartition("/")[2]
