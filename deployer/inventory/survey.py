"""Surveys a hub for a teardown: what the deployer created, what else is there, and why that stays."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from deployer.azure.clients import find_group
from deployer.azure.container_registry import REGISTRY_TYPE
from deployer.azure.managed_cluster import CLUSTER_TYPE
from deployer.azure.retries import with_retries
from deployer.azure.stop_workflows import WORKFLOW_TYPE, workflows_of
from deployer.inventory.dns_records import find_records
from deployer.inventory.group_resources import resources_in
from deployer.inventory.inside import look_inside
from deployer.inventory.own import Known, classify
from deployer.inventory.registry import registries_of, tokens_in, with_images
from deployer.inventory.roles import role_assignments
from deployer.inventory.things import Kind, Survey, Thing, sorted_survey
from deployer.names import carries_our_tags, our_tags

if TYPE_CHECKING:
    from pathlib import Path

    from azure.mgmt.resource.resources.models import ResourceGroup

    from deployer.inventory.hub import Hub
    from deployer.inventory.inside import Inside
    from deployer.names import HubNames
    from deployer.progress.report import StepReport


@dataclass(frozen=True)
class Extent:
    """How much a teardown removes.

    Attributes:
        everything: whether identity and storage account go, too.
        group: whether the resource group goes, if nothing else is in it.

    """

    everything: bool = False
    group: bool = False


async def survey_hub(hub: Hub, extent: Extent, helm: Path, report: StepReport) -> Survey:
    """Return what a teardown of a hub removes and leaves, without changing anything."""
    settings = hub.session.settings
    group = await with_retries(
        report,
        f"find the resource group {settings.resource_group_name}",
        lambda: find_group(hub.session.azure, settings.resource_group_name),
    )
    inside = await look_inside(hub, helm, report)
    known = Known(
        hub.session.names,
        registries_of(hub),
        settings.container_group_name,
        everything=extent.everything or extent.group,
    )
    things = await _in_group(hub, known, report) if group is not None else []
    things = [await _completed(thing, hub, inside, report) for thing in things]
    for registry in [each for each in things if each.kind is Kind.REGISTRY and each.reason]:
        if registry.name.lower() in known.registries:
            things += await tokens_in(registry, hub, report)
    if known.everything:
        identities = [each for each in things if each.kind is Kind.IDENTITY and not each.reason]
        things += await role_assignments(hub, identities, report)
    things += await find_records(hub, inside.records, report)
    cluster_goes = any(each.kind is Kind.CLUSTER and not each.reason for each in things)
    if cluster_goes:
        things += inside.releases
    if group is not None:
        things += _group(group, things, hub, extent)
    missing = () if group is not None else (f"There is no resource group {settings.resource_group_name}.",)
    return sorted_survey(things, (*missing, *hub.notes, *_notes(inside, cluster_goes=cluster_goes)))


async def _in_group(hub: Hub, known: Known, report: StepReport) -> list[Thing]:
    """Return what is in the group; what costs money or acts on it is looked for by its name, too."""
    azure, name = hub.session.azure, hub.session.settings.resource_group_name
    named = [
        (CLUSTER_TYPE, known.names.cluster),
        *((REGISTRY_TYPE, each) for each in sorted(known.registries)),
        *((WORKFLOW_TYPE, each) for each in workflows_of(known.names).values()),
    ]
    ids = [azure.resource_id(name, *each) for each in named]
    return [
        classify(each.id, each.tags, known) for each in await resources_in(azure, name, report, named=ids)
    ]


async def _completed(thing: Thing, hub: Hub, inside: Inside, report: StepReport) -> Thing:
    """Return a thing that goes with what goes with it, and a cluster that should go with how it can."""
    if thing.reason:
        return _without_tags(thing, hub.session.names) if _is_cluster_of(thing, hub) else thing
    if thing.kind is Kind.REGISTRY:
        return await with_images(thing, hub, report)
    if thing.kind is not Kind.CLUSTER or hub.cluster is None:
        return thing
    nodes = f"with its nodes, addresses and disks in {hub.cluster.node_resource_group}"
    others = f" and the namespaces that others created in it: {', '.join(inside.foreign)}"
    return replace(thing, detail=nodes + (others if inside.foreign else ""))


def _is_cluster_of(thing: Thing, hub: Hub) -> bool:
    """Return whether a thing is the cluster that the deployer created for a hub, whatever its tags.

    A cluster of others that has the name of the hub has another group for its nodes.
    """
    found = hub.cluster
    if found is None or str(found.id).lower() != thing.id.lower():
        return False
    return str(found.node_resource_group).lower() == hub.session.names.node_resource_group.lower()


def _without_tags(cluster: Thing, names: HubNames) -> Thing:
    wanted = " and ".join(f"{tag}={value}" for tag, value in our_tags(names.hub).items())
    return cluster.staying(
        "it was created for this hub, but lacks its tags, without which nothing is removed: give it the tags "
        f"{wanted} again (portal, {cluster.name}, Tags) and start teardown again, or remove it yourself",
        hinders=True,
    )


def _group(group: ResourceGroup, things: list[Thing], hub: Hub, extent: Extent) -> list[Thing]:
    """Return the resource group as a thing, where it is asked for."""
    if not extent.group:
        return []
    thing = Thing(Kind.RESOURCE_GROUP, str(group.name), str(group.id))
    if not carries_our_tags(group.tags, hub.session.names.hub):
        return [thing.staying("the deployer did not create it", hinders=True)]
    inside = f"{group.id}/".lower()
    others = [each for each in things if each.reason and each.id.lower().startswith(inside)]
    if others:
        listed = ", ".join(each.name for each in others[:5])
        more = f" and {len(others) - 5} more" if len(others) > 5 else ""  # noqa: PLR2004 - as many as are listed
        return [thing.staying(f"it holds something else: {listed}{more}", hinders=True)]
    return [thing]


def _notes(inside: Inside, *, cluster_goes: bool) -> list[str]:
    if not inside.problem:
        return []
    records = "DNS records are found by the records of earlier runs."
    found = f"Its releases go with it, and {records}" if cluster_goes else records
    return [f"The cluster could not be looked into: {inside.problem}. {found}"]
