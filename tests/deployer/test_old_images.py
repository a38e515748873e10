"""Which images of a hub are old: those that no build has pushed for long and no pod uses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from azure.identity import CredentialUnavailableError

from deployer.azure.registry_images import Image, RegistryImages
from deployer.errors import DeployerError
from deployer.inventory.old_images import images_of, keeps_images, old_images
from tests.deployer.settings_of import settings_of

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def image(name: str, days: int, *tags: str) -> Image:
    return Image(f"demo/{name}", f"sha256:{name}", tags, NOW - timedelta(days=days))


def pod(*images: str, initial: str = "") -> dict[str, object]:
    containers = [{"image": each} for each in images]
    return {"spec": {"containers": containers, "initContainers": [{"image": initial}] if initial else []}}


def test_images_go_that_are_old_and_that_nobody_uses() -> None:
    images = [image("new", 1, "a"), image("old", 40, "a"), image("used", 40, "b"), image("replaced", 40)]
    used = set(images_of([pod("demo.azurecr.io/demo/used:b", "quay.io/other/old:a"), {"spec": {}}]))
    found = old_images(images, used, NOW - timedelta(days=30))
    assert [each.repository for each in found] == ["demo/old", "demo/replaced"]


def test_an_image_is_used_by_its_digest_too() -> None:
    used = set(images_of([pod(initial="demo.azurecr.io/demo/old@sha256:old")]))
    assert old_images([image("old", 40, "a")], used, NOW) == []


def test_images_stay_unless_the_settings_say_for_how_long() -> None:
    assert keeps_images(settings_of())
    assert not keeps_images(settings_of(image_retention_days="30"))
    account = {"dockerhub_username": "somebody", "dockerhub_password": "of somebody"}
    assert keeps_images(settings_of(image_retention_days="30", container_registry="dockerhub", **account))


async def test_a_login_that_fails_for_a_moment_is_an_error_that_people_read() -> None:
    async def no_token(_scope: str) -> None:
        raise CredentialUnavailableError(message="The Azure CLI took too long.")

    credential: Any = SimpleNamespace(get_token=no_token)
    with pytest.raises(DeployerError, match="took too long"):
        await RegistryImages("demo.azurecr.io", credential).images()
