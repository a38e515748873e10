"""Finds out what is in a resource group, of which Azure's list can be minutes old.

Azure answers the list of a group from a cache, which still shows what was just deleted, and lacks what was
just created; a GET of one resource is answered by its provider. So what is listed is asked for by its id, and
so is what is known by its name.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployer.azure.clients import list_group_resources
from deployer.azure.container_groups import CONTAINER_GROUP_API
from deployer.azure.container_registry import API_VERSION as REGISTRY_API
from deployer.azure.deployer_identity import IDENTITY_API
from deployer.azure.managed_cluster import CLUSTER_API
from deployer.azure.retries import UNSEEN_CODES, with_retries
from deployer.azure.role_assignments import ASSIGNMENTS_API
from deployer.azure.stop_workflows import WORKFLOW_API
from deployer.azure.storage_accounts import STORAGE_API
from deployer.errors import AzureError
from deployer.inventory.own import kind_of
from deployer.inventory.things import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deployer.azure.clients import AzureClients
    from deployer.progress.report import StepReport

API_VERSIONS = {
    Kind.CLUSTER: CLUSTER_API,
    Kind.REGISTRY: REGISTRY_API,
    Kind.REGISTRY_TOKEN: REGISTRY_API,
    Kind.SCOPE_MAP: REGISTRY_API,
    Kind.CONTAINER_GROUP: CONTAINER_GROUP_API,
    Kind.IDENTITY: IDENTITY_API,
    Kind.STORAGE_ACCOUNT: STORAGE_API,
    Kind.ROLE_ASSIGNMENT: ASSIGNMENTS_API,
    Kind.WORKFLOW: WORKFLOW_API,
}


@dataclass(frozen=True)
class GroupResource:
    """A resource in a resource group.

    Attributes:
        id: of the resource.
        tags: of the resource.
        is_certain: whether a GET has shown it; false where it is only listed: a type that no hub has, or no
            right to read it.

    """

    id: str
    tags: Mapping[str, str]
    is_certain: bool


async def resources_in(
    azure: AzureClients, group: str, report: StepReport, *, named: Sequence[str] = ()
) -> list[GroupResource]:
    """Return the resources in a group, without those that are listed and gone.

    Args:
        azure: clients for the subscription.
        group: name of the resource group.
        report: receives what is waited for.
        named: ids of resources that are looked for, listed or not.

    Raises:
        AzureError: Azure refused.

    """
    answer = await with_retries(
        report, f"list what is in {group}", lambda: list_group_resources(azure, group)
    )
    # Azure writes ids in a case of its own.
    listed = {
        each.id.lower(): GroupResource(each.id, each.tags or {}, is_certain=False)
        for each in answer
        if each.id
    }
    unlisted = [each for each in named if each.lower() not in listed]
    found = await asyncio.gather(
        *(_find(azure, each.id, each, report) for each in listed.values()),
        *(_find(azure, each, None, report) for each in unlisted),
    )
    return [each for each in found if each is not None]


async def _find(
    azure: AzureClients, resource_id: str, listed: GroupResource | None, report: StepReport
) -> GroupResource | None:
    """Return a resource as a GET shows it, as it is listed where none can show it, None where it is gone."""
    version = API_VERSIONS.get(kind_of(resource_id))
    if version is None:
        return listed
    name = resource_id.rpartition("/")[2]
    try:
        found: dict[str, Any] | None = await with_retries(
            report, f"look at {name}", lambda: azure.find(resource_id, version), rights_may_come=False
        )
    except AzureError as error:
        if error.code in UNSEEN_CODES:
            return listed
        raise
    return GroupResource(resource_id, found.get("tags") or {}, is_certain=True) if found is not None else None
