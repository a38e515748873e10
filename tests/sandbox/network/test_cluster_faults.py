"""The API of a cluster fails as the script of faults says; without a fault its TLS is its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import kr8s
import pytest
import pytest_asyncio
from kr8s.asyncio.objects import Namespace

from sandbox.network.faults import Fault, FaultKind
from tests.reached_clusters import FQDN, Reached, reached_cluster

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reached(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Reached]:
    async with reached_cluster(tmp_path_factory.mktemp("cluster-faults")) as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def _no_faults_left(reached: Reached) -> None:
    reached.faults.clear()


async def test_without_a_fault_the_tls_of_the_cluster_is_its_own(reached: Reached) -> None:
    assert "default" in await reached.namespaces()
    assert not reached.record.exists()


async def test_kr8s_meets_a_status_of_the_api(reached: Reached) -> None:
    fault = reached.faults.add(Fault(FaultKind.STATUS, FQDN, path="/api/v1/namespaces", status=500))
    with pytest.raises(kr8s.ServerError):
        await reached.namespaces()
    assert len(fault.fired) == 1
    assert "default" in await reached.namespaces()


async def test_kr8s_meets_a_reset_of_the_api(reached: Reached) -> None:
    fault = reached.faults.add(Fault(FaultKind.RESET_BEFORE, FQDN, path="/api/v1/namespaces"))
    with pytest.raises(httpx.ReadError):
        await reached.namespaces()
    assert len(fault.fired) == 1


async def test_the_api_acts_before_a_reset_after_it(reached: Reached) -> None:
    reached.faults.add(Fault(FaultKind.RESET_AFTER, FQDN, method="POST"))
    async with reached.api() as api:
        with pytest.raises(httpx.ReadError):
            await (await Namespace("made-before-the-reset", api=api)).create()
    assert "made-before-the-reset" in await reached.namespaces()


async def test_helm_meets_a_truncated_answer(reached: Reached) -> None:
    fault = reached.faults.add(Fault(FaultKind.TRUNCATED, FQDN, path="/secrets", times=None))
    status, words = await reached.helm("list", "--all-namespaces")
    assert status != 0
    assert "unexpected EOF" in words
    assert len(fault.fired) >= 1


async def test_helm_works_through_the_proxy_that_plays_faults(reached: Reached) -> None:
    reached.faults.add(Fault(FaultKind.STATUS, FQDN, path="/never-asked-for"))
    status, words = await reached.helm("list", "--all-namespaces")
    assert status == 0, words
    assert FQDN in reached.record.read_text()


async def test_an_answer_has_one_date_also_where_faults_are_played(reached: Reached) -> None:
    reached.faults.add(Fault(FaultKind.STATUS, FQDN, path="/never-asked-for"))
    async with reached.api() as api, api.call_api("GET", version="", base="/version") as answer:
        assert len(answer.headers.get_list("Date")) == 1
