"""What a hub has in its registry: all images of its own, or a token in one that was there before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deployer.azure.container_registry import API_VERSION, HubRegistry
from deployer.azure.registry_images import RegistryImages
from deployer.azure.retries import with_retries
from deployer.cloud import REGISTRY_SUFFIX
from deployer.comparison import contains
from deployer.errors import DeployerError
from deployer.inventory.things import Kind, Thing

if TYPE_CHECKING:
    from deployer.azure.container_registry import RegistryToken
    from deployer.inventory.hub import Hub
    from deployer.progress.report import StepReport


def registries_of(hub: Hub) -> frozenset[str]:
    """Return the names of the registries that the hub uses, or used in earlier runs, in lower case."""
    recorded = (run.settings.get("registry_name") for run in hub.history)
    return frozenset(str(name).lower() for name in (hub.session.names.registry, *recorded) if name)


async def with_images(registry: Thing, hub: Hub, report: StepReport) -> Thing:
    """Return a registry that goes, with the number of images that go with it."""
    server = f"{registry.name.lower()}.{REGISTRY_SUFFIX}"
    report.progress(f"counting the images in {server}")
    try:
        count = len(await RegistryImages(server, hub.session.credential).images())
    except DeployerError as error:
        detail = f"with its images, which could not be counted: {error.message}"
    else:
        detail = "with no image in it" if count == 0 else f"with {count} image{'s' if count > 1 else ''}"
    return Thing(registry.kind, registry.name, registry.id, detail)


async def tokens_in(registry: Thing, hub: Hub, report: StepReport) -> list[Thing]:
    """Return tokens and scope maps of the hub in a registry that was there before the hub."""
    own = HubRegistry(hub.session.settings, hub.session.names, hub.session.azure)
    tokens = (own.push_token, own.pull_token)
    return [thing for token in tokens for thing in await _token_in(registry, hub, report, own, token)]


async def _token_in(
    registry: Thing, hub: Hub, report: StepReport, own: HubRegistry, wanted_token: RegistryToken
) -> list[Thing]:
    name = wanted_token.name
    scope_map_id, token_id = f"{registry.id}/scopeMaps/{name}", f"{registry.id}/tokens/{name}"
    found = {
        resource_id: await with_retries(
            report,
            f"look for {resource_id.rpartition('/')[2]}",
            lambda resource_id=resource_id: hub.session.azure.find(resource_id, API_VERSION),  # type: ignore[misc]
            rights_may_come=False,
        )
        for resource_id in (token_id, scope_map_id)
    }
    where = f"in the registry {registry.name}"
    things = []
    token, scope_map = found[token_id], found[scope_map_id]
    if token and contains(token, {"properties": {"scopeMapId": scope_map_id}}, ignore_case=True):
        things.append(Thing(Kind.REGISTRY_TOKEN, name, token_id, where))
    wanted = own.scope_map(wanted_token)["properties"]["description"]
    if scope_map and (scope_map.get("properties") or {}).get("description") == wanted:
        things.append(Thing(Kind.SCOPE_MAP, name, scope_map_id, where))
    return things
