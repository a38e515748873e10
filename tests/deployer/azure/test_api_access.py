"""The addresses that the API server answers: what a request asks for, and this machine among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pytest
from azure.core.exceptions import HttpResponseError
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from deployer.azure import api_access
from deployer.azure.api_access import await_admission, own_range_beside, withdraw
from deployer.azure.cluster_update import unchangeable
from deployer.azure.clusters import authorised_ranges
from deployer.azure.managed_cluster import ClusterWish, describe_cluster
from deployer.errors import KubernetesError, PreflightError
from deployer.names import derive_names
from deployer.progress.events import EventKind, Progress
from deployer.progress.report import StepReport
from tests.deployer.azure.clusters import as_azure_has_it, update_of, wanted
from tests.deployer.kept_events import KeptEvents
from tests.deployer.settings_of import settings_of
from tests.network import connected

if TYPE_CHECKING:
    from pathlib import Path

    from deployer.azure.clients import AzureClients
    from deployer.kubernetes.cluster import ClusterAccess

OFFICE, OTHER = "192.0.2.0/24", "198.51.100.0/24"
OWN = "203.0.113.9"


async def own_range(folder: Path, monkeypatch: pytest.MonkeyPatch, answer: str, *ranges: str) -> str | None:
    """Return the range of a machine to which its address is told like this."""

    async def told(_: object) -> PlainTextResponse:
        return PlainTextResponse(answer)

    async with connected(folder, {"ipinfo.io": Starlette(routes=[Route("/ip", told)])}) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return await own_range_beside(ranges)


async def test_a_machine_outside_of_the_ranges_has_one_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await own_range(tmp_path, monkeypatch, f"{OWN}\n", OFFICE, OTHER) == f"{OWN}/32"


async def test_a_machine_inside_needs_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert await own_range(tmp_path, monkeypatch, "192.0.2.44", OFFICE, OTHER) is None


@pytest.mark.parametrize("ranges", [(), ("0.0.0.0/0",)])
async def test_nobody_is_asked_for_the_address_where_all_are_answered(ranges: tuple[str, ...]) -> None:
    assert await own_range_beside(ranges) is None


@pytest.mark.parametrize("answer", ["<html>sign in to this network</html>", "2001:db8::1", ""])
async def test_an_answer_that_is_no_address_is_refused(
    answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PreflightError, match="public address of this machine is not known") as caught:
        await own_range(tmp_path, monkeypatch, answer, OFFICE)
    assert "API_SERVER_AUTHORIZED_RANGES" in str(caught.value.suggestion)


async def test_another_service_is_asked_where_the_first_has_had_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def enough(_: object) -> PlainTextResponse:
        return PlainTextResponse("rate limit", status_code=429)

    async def told(_: object) -> PlainTextResponse:
        return PlainTextResponse(OWN)

    hosts = {
        "ipinfo.io": Starlette(routes=[Route("/ip", enough)]),
        "api.ipify.org": Starlette(routes=[Route("/", told)]),
    }
    async with connected(tmp_path, hosts) as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        assert await own_range_beside([OFFICE]) == f"{OWN}/32"


def test_a_new_cluster_answers_the_ranges_and_this_machine() -> None:
    settings = settings_of(api_server_authorized_ranges=OFFICE)
    wish = ClusterWish(settings, derive_names(settings), own_range=f"{OWN}/32")
    assert authorised_ranges(describe_cluster(wish)) == [OFFICE, f"{OWN}/32"]
    assert "apiServerAccessProfile" not in wanted()["properties"]


def test_ranges_are_replaced_where_they_differ_and_in_whatever_order_azure_has_them() -> None:
    both = f"{OFFICE}, {OTHER}"
    found = as_azure_has_it(api_server_authorized_ranges=both)
    found["properties"]["apiServerAccessProfile"] = {
        "authorizedIPRanges": [OTHER, OFFICE],
        "enablePrivateCluster": False,
    }
    assert update_of(found, api_server_authorized_ranges=both).changes == ()
    update = update_of(found, api_server_authorized_ranges=OFFICE)
    assert update.changes == ("authorised address ranges",)
    assert update.body["properties"]["apiServerAccessProfile"] == {
        "authorizedIPRanges": [OFFICE],
        "enablePrivateCluster": False,
    }


def test_what_a_killed_run_left_is_taken_out() -> None:
    found = as_azure_has_it(api_server_authorized_ranges=f"{OFFICE}, {OWN}")
    update = update_of(found, api_server_authorized_ranges=OFFICE)
    assert authorised_ranges(update.body) == [OFFICE]


def test_everybody_is_answered_again_where_that_is_asked_for() -> None:
    found = as_azure_has_it(api_server_authorized_ranges=OFFICE)
    assert authorised_ranges(update_of(found, api_server_authorized_ranges="0.0.0.0/0").body) == []
    assert update_of(as_azure_has_it(), api_server_authorized_ranges="0.0.0.0/0").changes == ()


def test_ranges_that_only_the_department_knows_of_stay_and_are_said() -> None:
    found = as_azure_has_it(api_server_authorized_ranges=OFFICE)
    assert update_of(found).changes == ()
    (warning,) = unchangeable(found, wanted(), None)
    assert f"only accepts connections from {OFFICE}" in warning
    assert list(unchangeable(found, wanted(api_server_authorized_ranges=OFFICE), None)) == []


class Api:
    """The API of a cluster that answers after some looks."""

    def __init__(self, looks: int) -> None:
        self._left = looks

    async def api(self) -> None:
        self._left -= 1
        if self._left >= 0:
            raise KubernetesError("no answer")


async def test_a_deployment_waits_until_it_is_let_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_access, "LOOK_EVERY", 0.0)
    seen = KeptEvents()
    report = StepReport("cluster", Progress([seen]))
    await await_admission(cast("ClusterAccess", Api(1)), report)
    assert [event.message for event in seen.events] == [
        "waiting until the Kubernetes API answers this machine"
    ]


async def test_a_machine_that_is_never_let_in_is_told_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api_access, "EFFECT_LIMIT", -1.0)
    with pytest.raises(KubernetesError, match="whose address is in its authorised ranges") as caught:
        await await_admission(cast("ClusterAccess", Api(9)), StepReport("cluster", Progress()))
    assert caught.value.cause == "The machine may have several public addresses."


class Busy:
    """Clients for a subscription in which a cluster is busy."""

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.clusters = self.managed_clusters = self

    async def get(self, *_: str) -> None:
        raise self._error


@pytest.mark.parametrize("error", [HttpResponseError("busy"), TimeoutError()])
async def test_an_address_that_cannot_be_taken_out_is_named(error: Exception) -> None:
    seen = KeptEvents()
    azure = cast("AzureClients", Busy(error))
    await withdraw(azure, "group", "demo", f"{OWN}/32", StepReport("cluster", Progress([seen])))
    (event,) = seen.events
    assert event.kind is EventKind.WARNING
    assert f"{OWN}/32, this machine, is still in the authorised ranges" in event.message
