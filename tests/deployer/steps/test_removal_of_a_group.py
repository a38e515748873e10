"""A resource group goes once Azure lists nothing in it, and no later than a limit."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from deployer.azure.clients import AzureClients
from deployer.azure.session import Session
from deployer.inventory.removals import Removals
from deployer.inventory.things import Kind, Survey, Thing
from deployer.names import derive_names, our_tags
from deployer.progress.events import Progress
from deployer.progress.report import StepReport
from deployer.redaction import Redactor
from deployer.run.context import Context
from deployer.steps import removal_resources
from deployer.steps.removal_resources import remove_group_step
from tests import aborts
from tests.deployer.azure.answers import failure
from tests.deployer.hubs import hub_settings
from tests.deployer.kept_events import KeptEvents

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

REGISTRY, ZONE = "Microsoft.ContainerRegistry/registries", "Microsoft.Network/dnsZones"
GROUP = Thing(Kind.RESOURCE_GROUP, "research", "/subscriptions/s/resourceGroups/research")


class Azure:
    """A group of ours, whose list shows a resource of some type a number of times."""

    subscription = "5ab0ca5e-0000-4000-8000-000000000001"
    resource_id = AzureClients.resource_id

    def __init__(self, listed: str, times: float, refusal: str = "") -> None:
        self.listed = listed
        self.times = times
        self.refusal = refusal
        self.deleted = False
        self.resources = SimpleNamespace(resources=self, resource_groups=self)

    async def get(self, _group: str) -> Any:
        return SimpleNamespace(tags=our_tags("our-hub"))

    async def begin_delete(self, _group: str) -> Any:
        self.deleted = True
        return SimpleNamespace(result=self._nothing)

    async def list_by_resource_group(self, group: str) -> AsyncIterator[Any]:
        self.times -= 1
        if self.times >= 0:
            yield SimpleNamespace(id=self.resource_id(group, self.listed, "theirs"), tags={})  # type: ignore[misc]

    async def find(self, _path: str, _api_version: str) -> dict[str, Any]:
        if self.refusal:
            raise failure({"error": {"code": self.refusal, "message": "no"}}, 403)
        return {"tags": {}}

    async def _nothing(self) -> None:
        """The operation has ended."""


class Tried:
    """One run of the step."""

    def __init__(self, azure: Azure) -> None:
        wanted, where = hub_settings(), Path()
        self.context = Context(
            wanted, datetime.now(UTC), where, where, Redactor(), AsyncExitStack(), aborts.fail
        )
        nothing: Any = None
        self.context.results.session.set(Session(wanted, derive_names(wanted), nothing, azure))  # type: ignore[arg-type]
        self.removals = Removals(survey=Survey(goes=(GROUP,)))
        self.shown = KeptEvents()

    async def outcome(self) -> str:
        report = StepReport("step", Progress([self.shown]))
        return await remove_group_step(self.removals).action(self.context, report)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal_resources, "LOOK_EVERY", 0.0)


@pytest.mark.parametrize(("listed", "refusal"), [(ZONE, ""), (REGISTRY, "AuthorizationFailed")])
async def test_what_can_only_be_listed_is_waited_for(listed: str, refusal: str) -> None:
    azure = Azure(listed, times=2, refusal=refusal)
    tried = Tried(azure)
    assert await tried.outcome() == "research removed"
    assert azure.deleted
    assert "waiting until Azure no longer lists in research: theirs" in [
        each.message for each in tried.shown.events
    ]


async def test_what_stays_listed_keeps_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removal_resources, "LIST_LIMIT", -1.0)
    azure = Azure(ZONE, times=float("inf"))
    tried = Tried(azure)
    assert await tried.outcome() == "research is still there"
    assert not azure.deleted
    assert "is not empty" in tried.removals.failed[0].reason


async def test_what_exists_keeps_the_group_at_once() -> None:
    azure = Azure(REGISTRY, times=float("inf"))
    tried = Tried(azure)
    assert await tried.outcome() == "research is still there"
    assert tried.removals.failed[0].reason == "research is not empty: theirs."
