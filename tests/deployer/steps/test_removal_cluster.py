"""What a teardown takes for removed with a cluster, and what it waits for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import ResourceNotFoundError

from deployer.errors import DeployerError
from deployer.inventory.removals import Removals
from deployer.inventory.things import Kind, Survey, Thing
from deployer.steps.removal_cluster import remove_cluster_step
from deployer.steps.removal_resources import remaining_step

if TYPE_CHECKING:
    from tests.deployer.steps.conftest import Surroundings

pytestmark = pytest.mark.asyncio(loop_scope="session")

CLUSTER = Thing(Kind.CLUSTER, "our-hub", "/clusters/our-hub")
RELEASE = Thing(Kind.RELEASE, "our-hub/our-hub")
OF_OTHERS = Thing(Kind.CLUSTER, "theirs", "/clusters/theirs").staying("the deployer did not create it")


class Azure:
    """Azure with or without the cluster, and without the group of its nodes."""

    def __init__(self, tags: dict[str, str] | None) -> None:
        self.tags = tags
        self.asked: list[str] = []
        self.clusters = SimpleNamespace(managed_clusters=self)
        self.resources = SimpleNamespace(resource_groups=SimpleNamespace(get=self.get_group))

    async def get(self, _group: str, _name: str) -> Any:
        if self.tags is None:
            raise ResourceNotFoundError("gone")
        return SimpleNamespace(tags=self.tags)

    async def get_group(self, name: str) -> Any:
        self.asked.append(name)
        raise ResourceNotFoundError("gone")


async def removed(surroundings: Surroundings, azure: Azure, survey: Survey) -> Removals:
    """Run the step; return how it went."""
    removals = Removals(survey=survey)
    await remove_cluster_step(removals).action(surroundings.context(azure), surroundings.report)
    return removals


async def test_releases_are_gone_with_a_cluster_that_is_not_there(surroundings: Surroundings) -> None:
    azure = Azure(None)
    removals = await removed(surroundings, azure, Survey((RELEASE, CLUSTER), (OF_OTHERS,)))
    assert removals.removed == [CLUSTER, RELEASE]
    assert len(azure.asked) == 1


@pytest.mark.parametrize(
    "survey",
    [
        Survey((RELEASE, CLUSTER)),
        Survey((RELEASE,), (CLUSTER.staying("it lacks the tags", hinders=True),)),
    ],
    ids=["before the step", "before the survey"],
)
async def test_nothing_of_a_cluster_that_lost_its_tags_is_taken_for_removed(
    surroundings: Surroundings, survey: Survey
) -> None:
    azure = Azure({"team": "physics"})
    removals = await removed(surroundings, azure, survey)
    assert (removals.removed, azure.asked) == ([], [])
    (told,) = surroundings.shown.messages[-1:]
    assert "our-hub" in told
    assert "tags" in told
    with pytest.raises(DeployerError, match="our-hub") as ended:
        await remaining_step(removals).action(surroundings.context(azure), surroundings.report)
    assert ended.value.exit_status == 1
