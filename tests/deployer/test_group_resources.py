"""What is in a resource group, where Azure does not show all of it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from deployer.inventory.group_resources import GroupResource, resources_in
from deployer.progress.events import Progress
from deployer.progress.report import StepReport
from tests.deployer.azure.answers import failure

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

REGISTRIES = "/subscriptions/s/resourceGroups/research/providers/Microsoft.ContainerRegistry/registries"


class Refusing:
    """Lists a registry, and refuses to show any by its id."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.resources = SimpleNamespace(resources=self)

    async def list_by_resource_group(self, _group: str) -> AsyncIterator[Any]:
        yield SimpleNamespace(id=f"{REGISTRIES}/listed", tags={"of": "somebody"})

    async def find(self, _path: str, _api_version: str) -> dict[str, Any]:
        raise failure({"error": {"code": self.code, "message": "no"}}, 409)


@pytest.mark.parametrize("code", ["AuthorizationFailed", "MissingSubscriptionRegistration"])
async def test_what_no_get_can_show_is_there_if_it_is_listed(code: str) -> None:
    azure: Any = Refusing(code)
    report = StepReport("survey", Progress())
    found = await resources_in(azure, "research", report, named=[f"{REGISTRIES}/named"])
    assert found == [GroupResource(f"{REGISTRIES}/listed", {"of": "somebody"}, is_certain=False)]
