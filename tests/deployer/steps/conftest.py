"""A run inside a cluster without nodes, for steps that look at the cluster or at public names."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from deployer.azure.session import Session
from deployer.kubernetes.cluster import ClusterAccess
from deployer.names import derive_names
from deployer.progress.events import Progress
from deployer.progress.report import StepReport
from deployer.redaction import Redactor
from deployer.run.context import Context
from tests import aborts
from tests.deployer.hubs import hub_settings
from tests.deployer.kept_events import KeptEvents
from tests.reached_clusters import Reached, reached_cluster

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from kr8s.asyncio import Api


class Access(ClusterAccess):
    """Access whose connection ends with the tests: kr8s itself leaves its session open."""

    def __init__(self, kubeconfig: Path, connection: Api) -> None:
        super().__init__(kubeconfig)
        self.connection = connection

    async def api(self) -> Api:
        """Return the connection."""
        return self.connection


@dataclass(frozen=True)
class Surroundings:
    """What steps are given, and where what they say goes."""

    reached: Reached
    access: Access
    folder: Path
    shown: KeptEvents

    @property
    def report(self) -> StepReport:
        """The report of a step."""
        return StepReport("step", Progress([self.shown]))

    def context(self, azure: Any = None, **settings: Any) -> Context:
        """Return the context of a run that has signed in and found its cluster.

        Args:
            azure: for steps that ask Azure, what answers them.
            settings: of the hub.

        """
        wanted = hub_settings(**settings)
        started = datetime.now(UTC)
        resources = AsyncExitStack()
        context = Context(wanted, started, self.folder, self.folder, Redactor(), resources, aborts.fail)
        nothing: Any = None  # no step that is tried here asks the credentials
        context.results.session.set(Session(wanted, derive_names(wanted), nothing, azure))
        context.results.cluster.set(self.access)
        return context


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def reached(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Reached]:
    """Run the cluster of this folder."""
    async with reached_cluster(tmp_path_factory.mktemp("steps")) as cluster:
        yield cluster


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def connection(reached: Reached) -> AsyncIterator[Api]:
    """Connect once for the folder: what a test leaves under way still needs the connection."""
    async with reached.api() as api:
        yield api


@pytest.fixture
def surroundings(reached: Reached, connection: Api, tmp_path: Path) -> Surroundings:
    """Return the surroundings of one test."""
    reached.faults.clear()
    return Surroundings(reached, Access(reached.kubeconfig, connection), tmp_path, KeptEvents())
