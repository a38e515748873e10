"""Three starts after crashes, then no more; ends in order do not count."""

from __future__ import annotations

from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from deployer.errors import AzureError, CrashedError
from deployer.outputs.stores import DirectoryOutputStore
from deployer.progress.events import Progress
from deployer.progress.report import StepReport
from deployer.run.results import Results
from deployer.steps.starts import MAX_STARTS, count_starts
from tests.deployer.settings_of import settings_of

if TYPE_CHECKING:
    from pathlib import Path

SETTINGS = settings_of(container_group_name="demo-deployer-1")


class BlobsInMemory:
    """Outputs that outlive a container."""

    location = "memory"

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    async def read(self, name: str) -> str | None:
        return self._texts.get(name)

    async def write(self, name: str, text: str) -> None:
        self._texts[name] = text


async def start(store: object, end: Exception | None = None, azure: Any = None) -> str:
    """Start the container once; the run ends with `end`, a crash unless it is None or a DeployerError."""
    resources = AsyncExitStack()
    context: Any = SimpleNamespace(
        settings=SETTINGS,
        outputs=SimpleNamespace(store=store),
        resources=resources,
        results=Results(),
        azure=azure,
    )
    said = await count_starts(context, StepReport("starts", Progress()))
    await resources.__aexit__(type(end) if end else None, end, None)
    return said


@pytest.fixture
def store() -> BlobsInMemory:
    return BlobsInMemory()


async def test_after_three_crashes_the_deployer_gives_up(store: BlobsInMemory) -> None:
    said = [await start(store, RuntimeError("a fault")) for _ in range(MAX_STARTS)]
    assert said == ["start 1 of at most 3", "start 2 of at most 3", "start 3 of at most 3"]
    with pytest.raises(CrashedError, match="has crashed 3 times in the container group demo-deployer-1"):
        await start(store)


@pytest.mark.parametrize("end", [None, AzureError("refused", code="Quota")])
async def test_a_run_that_ended_in_order_does_not_count(store: BlobsInMemory, end: Exception | None) -> None:
    for _ in range(MAX_STARTS - 1):
        await start(store, RuntimeError("a fault"))
    await start(store, end)
    assert await start(store) == "start 1 of at most 3"


@pytest.mark.parametrize(("restarts", "said"), [(0, "start 1 of at most 3"), (2, "start 3 of at most 3")])
async def test_without_outputs_the_restarts_of_the_container_count(
    tmp_path: Path, restarts: int, said: str
) -> None:
    assert await start(DirectoryOutputStore(tmp_path), azure=Restarted(restarts)) == said


async def test_without_outputs_it_gives_up_as_well(tmp_path: Path) -> None:
    with pytest.raises(CrashedError):
        await start(DirectoryOutputStore(tmp_path), azure=Restarted(3))


class Restarted:
    """Azure with a container group that has been restarted."""

    def __init__(self, count: int) -> None:
        self._container = {"properties": {"instanceView": {"restartCount": count}}}

    def resource_id(self, *parts: str) -> str:
        return "/".join(parts)

    async def find(self, *_: str) -> dict[str, Any]:
        return {"properties": {"containers": [self._container]}}
