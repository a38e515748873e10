"""What a run says about things that the settings before it needed, and that stay."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from deployer.progress.events import EventKind
from deployer.steps.kept_settings import keep_settings

if TYPE_CHECKING:
    from tests.deployer.steps.conftest import Surroundings

pytestmark = pytest.mark.asyncio(loop_scope="session")

DOCKER_HUB = {
    "container_registry": "dockerhub",
    "dockerhub_username": "ourlab",
    "dockerhub_password": "a long password",
}


async def notes_of(surroundings: Surroundings, **settings: str) -> list[str]:
    """Keep other settings; return the notes about that, and check that a second run has none."""
    context = surroundings.context(**settings)
    surroundings.shown.events.clear()
    await keep_settings(context, surroundings.report)
    notes = [event.message for event in surroundings.shown.events if event.kind is EventKind.NOTE]
    assert await keep_settings(context, surroundings.report) == "nothing to change"
    assert [event.kind for event in surroundings.shown.events].count(EventKind.NOTE) == len(notes)
    return notes


async def test_a_registry_that_is_no_longer_used_is_named_once(surroundings: Surroundings) -> None:
    derived = surroundings.context().names.registry
    await notes_of(surroundings)
    (note,) = await notes_of(surroundings, registry_name="ourregistry")
    assert f"The registry {derived} is no longer used, and costs as before" in note
    (note,) = await notes_of(surroundings, registry_name="ourregistry", **DOCKER_HUB)
    assert "The registry ourregistry is no longer used" in note
    assert await notes_of(surroundings) == []
    assert await notes_of(surroundings, image_retention_days="9") == []


async def test_tags_that_are_no_longer_wanted_are_named_once(surroundings: Surroundings) -> None:
    await notes_of(surroundings, tags="Cost=1,team=a,room=b")
    (note,) = await notes_of(surroundings, tags="cost=2")
    assert "The tags room, team stay" in note
