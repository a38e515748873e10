"""Tells which resources of a group the deployer created for a hub: by tags and by name, never by one alone.

A policy can copy the tags of a resource group to everything in it, and a name can be taken by anybody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deployer.azure.container_groups import CONTAINER_GROUP_TYPE
from deployer.azure.container_registry import REGISTRY_TYPE
from deployer.azure.deployer_identity import IDENTITY_TYPE
from deployer.azure.managed_cluster import CLUSTER_TYPE
from deployer.azure.stop_workflows import WORKFLOW_TYPE, workflows_of
from deployer.azure.storage_accounts import STORAGE_TYPE
from deployer.inventory.things import Kind, Thing
from deployer.names import carries_our_tags
from deployer.settings.types.tags import NAME_TAG

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from deployer.names import HubNames

KINDS = {
    CLUSTER_TYPE.lower(): Kind.CLUSTER,
    REGISTRY_TYPE.lower(): Kind.REGISTRY,
    CONTAINER_GROUP_TYPE.lower(): Kind.CONTAINER_GROUP,
    IDENTITY_TYPE.lower(): Kind.IDENTITY,
    STORAGE_TYPE.lower(): Kind.STORAGE_ACCOUNT,
    WORKFLOW_TYPE.lower(): Kind.WORKFLOW,
}
KEPT = {
    Kind.IDENTITY: "the deployer runs as it, with rights that only a person can take away; it costs nothing",
    Kind.STORAGE_ACCOUNT: "it holds the records of all runs; it costs next to nothing",
}
UNIQUE = 13  # characters of the template function uniqueString


@dataclass(frozen=True)
class Known:
    """What is known of a hub beside its name.

    Attributes:
        names: of the hub.
        registries: names of the registry that the hub uses, or used in earlier runs.
        container_group: in which this run goes on, None on a laptop.
        everything: whether identity and storage account go, too.

    """

    names: HubNames
    registries: frozenset[str]
    container_group: str | None = None
    everything: bool = False


def kind_of(resource_id: str) -> Kind:
    """Return the kind of a resource, `OTHER` for one of a type that no hub has."""
    return KINDS.get(_type_and_name(resource_id)[0].lower(), Kind.OTHER)


def classify(resource_id: str, tags: Mapping[str, str], known: Known) -> Thing:
    """Return a resource of the group as a thing that goes, or stays for a reason."""
    kind_name, name = _type_and_name(resource_id)
    kind = kind_of(resource_id)
    shown = name if kind is not Kind.OTHER else f"{kind_name}/{name}"
    thing = Thing(kind, shown, resource_id)
    if reason := _not_ours(thing, tags, known):
        return thing.staying(reason)
    if kind is Kind.CONTAINER_GROUP and name == known.container_group:
        return thing.staying("this run goes on in it; it costs nothing once it has ended")
    if kind in KEPT and not known.everything:
        return thing.staying(f"{KEPT[kind]}; --everything removes it")
    return thing


def _type_and_name(resource_id: str) -> tuple[str, str]:
    _, _, path = resource_id.rpartition("/providers/")
    kind_name, _, name = path.rpartition("/")
    return kind_name, name


def _not_ours(thing: Thing, tags: Mapping[str, str], known: Known) -> str:
    """Return why a resource is not one that the deployer created for this hub, "" if it is."""
    hub = known.names.hub
    if carries_our_tags(tags, hub):
        return "" if _has_own_name(thing, known) else _strange_name(thing)
    if tags.get(NAME_TAG, hub) != hub:
        return f"it belongs to the hub {tags[NAME_TAG]}"
    if thing.kind is Kind.REGISTRY and thing.name.lower() in known.registries:
        return "it was there before the hub, which only used it; the images in it stay"
    if _has_own_name(thing, known):
        return "it does not carry the tags of this hub, so somebody else created it, or changed them"
    return "the deployer did not create it"


def _strange_name(thing: Thing) -> str:
    if thing.kind is Kind.REGISTRY:
        return "no run of this hub that is recorded used it; --set REGISTRY_NAME names it"
    return "it carries the tags of this hub, but the deployer creates nothing of this kind and name"


def _has_own_name(thing: Thing, known: Known) -> bool:
    """Return whether the deployer, or the template of the button, gives this name for this hub."""
    names, hub = known.names, known.names.hub
    own: dict[Kind, Collection[str]] = {
        Kind.CLUSTER: (names.cluster,),
        Kind.REGISTRY: known.registries,
        Kind.WORKFLOW: workflows_of(names).values(),
        # As the template names them, and what follows below.
        Kind.IDENTITY: (f"{hub}-deployer",),
    }
    if thing.kind in own:
        return thing.name.lower() in own[thing.kind]
    if thing.kind is Kind.CONTAINER_GROUP:
        return thing.name.startswith(f"{hub[:32]}-deployer-".replace("--", "-"))
    if thing.kind is Kind.STORAGE_ACCOUNT:
        start = re.escape(hub.replace("-", "")[:11])
        return re.fullmatch(rf"{start}[a-z0-9]{{{UNIQUE}}}", thing.name) is not None
    return False
