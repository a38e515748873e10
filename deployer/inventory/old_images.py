"""Finds the images of a hub that no build has pushed for long: each costs storage, and can be built again.

Not by a task of the registry: Azure has paused those for subscriptions with free credits, and the program
that they would run (`acr purge`) is a preview.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from deployer.azure.registry_images import RegistryImages
from deployer.kubernetes.objects import list_objects
from deployer.settings import ContainerRegistry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from azure.core.credentials_async import AsyncTokenCredential
    from kr8s.asyncio import Api

    from deployer.azure.registry_images import Image
    from deployer.names import HubNames
    from deployer.settings import Settings


def keeps_images(settings: Settings) -> bool:
    """Return whether images stay for ever, or are in a registry that is not the hub's."""
    return settings.container_registry is not ContainerRegistry.AZURECR or settings.image_retention_days == 0


async def find_old_images(
    server: str, credential: AsyncTokenCredential, api: Api, settings: Settings, names: HubNames
) -> list[Image]:
    """Return the images of a hub that are older than its settings keep them, and that no pod uses.

    Args:
        server: host of the registry.
        credential: of somebody with a role on the registry.
        api: of the cluster.
        settings: of the hub.
        names: derived from them.

    Raises:
        DeployerError: the registry or the cluster cannot be read.

    """
    images = await RegistryImages(server, credential).images(f"{names.registry_project}/")
    pods = await list_objects(api, "v1", "Pod", names.namespace)
    oldest = datetime.now(UTC) - timedelta(days=settings.image_retention_days)
    return old_images(images, set(images_of(pods)), oldest)


def old_images(images: Iterable[Image], used: set[str], oldest: datetime) -> list[Image]:
    """Return the images that were last pushed before `oldest`, without those that are used.

    Args:
        images: of a registry.
        used: names without the host, with a tag or a digest: `hub/binder-x:abc`, `hub/binder-x@sha256:…`.
        oldest: from when on images stay.

    """
    return [image for image in images if image.updated < oldest and not used & set(_references(image))]


def images_of(pods: Iterable[Mapping[str, Any]]) -> Iterable[str]:
    """Yield the images of pods, without the hosts of their registries."""
    for pod in pods:
        spec = pod.get("spec") or {}
        for container in (*(spec.get("containers") or ()), *(spec.get("initContainers") or ())):
            _, _, name = str(container.get("image") or "").partition("/")
            yield name


def _references(image: Image) -> Iterable[str]:
    yield f"{image.repository}@{image.digest}"
    yield from (f"{image.repository}:{tag}" for tag in image.tags)
