"""Published files: from ../shared, the cache or their public homes, and what happens where none has them."""

from __future__ import annotations

import asyncio
import json
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from starlette.applications import Starlette
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from deployer.helm.binary import find_helm
from deployer.settings.versions import BINDERHUB_VERSION
from sandbox.internet.charts.hosts import available_charts, chart_hosts
from sandbox.internet.charts.packages import OWN_CHARTS, pack
from tests import arm_schemas
from tests.network import connected
from tests.published import charts, downloads

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from starlette.types import ASGIApp

AZURE = "schema.management.azure.com"
DNS_ZONES = "2018-05-01/Microsoft.Network.DNS.json"
NAMES = {"resourceDefinitions": {"dnsZones": {"properties": {"name": {"type": "string"}}}}}


@pytest.fixture(autouse=True)
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run as in a fresh clone: no ../shared, nothing in the cache, nothing known to be unreachable."""
    helm = find_helm()
    if helm is None:
        pytest.skip("helm is not here (`make test` fetches it)")
    monkeypatch.setenv("PATH", str(helm.parent), prepend=":")
    monkeypatch.setattr(downloads, "SHARED", tmp_path / "shared")
    monkeypatch.setattr(downloads, "_unreachable", {})
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("HELM_CACHE_HOME", str(tmp_path / "helm"))
    # A port that nothing listens on: no test here reaches the real internet.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")


@pytest.fixture
def azure() -> Starlette:
    """Azure's host of schemas, with one file, which lies elsewhere."""

    async def moved(_: Any) -> Response:
        return RedirectResponse(f"https://{AZURE}/stored/dns.json")

    async def schema(_: Any) -> Response:
        return JSONResponse(NAMES)

    return Starlette(routes=[Route(f"/schemas/{DNS_ZONES}", moved), Route("/stored/dns.json", schema)])


async def ask(
    hosts: Mapping[str, ASGIApp], folder: Path, monkeypatch: pytest.MonkeyPatch, *question: Any
) -> Any:
    """Call a function, with its arguments, where these hosts can be reached."""
    function, *arguments = question
    async with connected(folder, hosts) as environment:
        with monkeypatch.context() as patched:
            for name, value in environment.items():
                patched.setenv(name, value)
            # In a thread: the hosts answer from this one.
            return await asyncio.to_thread(function, *arguments)


def requests(folder: Path) -> list[str]:
    lines = (folder / "requests.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["path"] for line in lines]


@pytest.mark.parametrize("chart", ["binderhub", "traefik"])
async def test_a_charts_schema_is_taken_out_of_its_package(
    chart: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = await ask(chart_hosts(available_charts()), tmp_path, monkeypatch, charts.values_schema, chart)
    assert found == json.loads((OWN_CHARTS / chart / "values.schema.json").read_text())


async def test_the_schema_of_a_chart_inside_another_is_taken_out_of_that_ones_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(OWN_CHARTS / "binderhub", tmp_path / "binderhub")
    inner = tmp_path / "binderhub" / "charts" / "jupyterhub"
    inner.mkdir(parents=True)
    (inner / "values.schema.json").write_text('{"title": "JupyterHub"}')
    (tmp_path / "packages").mkdir()
    (tmp_path / "packages" / "binderhub.tgz").write_bytes(pack(tmp_path / "binderhub").archive)
    hosts = chart_hosts(available_charts(tmp_path / "packages"))
    found = await ask(hosts, tmp_path, monkeypatch, charts.values_schema, "jupyterhub")
    assert found == {"title": "JupyterHub"}


async def test_a_package_without_the_schema_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(downloads.NotPublishedError, match=r"no binderhub/charts/jupyterhub/values\.schema"):
        await ask(chart_hosts(available_charts()), tmp_path, monkeypatch, charts.values_schema, "jupyterhub")


@pytest.mark.parametrize("chart", charts.CHARTS)
async def test_a_version_that_is_not_published_is_a_failure(
    chart: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = charts.CHARTS[chart]
    other = replace(source, chart=replace(source.chart, version="0.0.7"))
    monkeypatch.setitem(charts.CHARTS, chart, other)
    with pytest.raises(downloads.NotPublishedError, match="not found"):
        await ask(chart_hosts(available_charts()), tmp_path, monkeypatch, charts.official_chart, chart)


async def test_a_schema_of_azure_comes_from_its_home_wherever_that_keeps_it(
    azure: Starlette, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await ask({AZURE: azure}, tmp_path, monkeypatch, arm_schemas.published, DNS_ZONES) == NAMES


async def test_a_schema_that_azure_does_not_publish_is_a_failure(
    azure: Starlette, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(downloads.NotPublishedError, match="answers 404"):
        await ask({AZURE: azure}, tmp_path, monkeypatch, arm_schemas.published, "2018-05-01/Nothing.json")


async def test_what_was_fetched_once_needs_no_network(
    azure: Starlette, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ask({AZURE: azure}, tmp_path, monkeypatch, arm_schemas.published, DNS_ZONES)
    await ask(chart_hosts(available_charts()), tmp_path, monkeypatch, charts.official_chart, "binderhub")
    assert arm_schemas.published(DNS_ZONES) == NAMES
    package = charts.official_chart("binderhub")
    assert package.read_bytes() == pack(OWN_CHARTS / "binderhub").archive
    assert package.name == f"binderhub-{BINDERHUB_VERSION}.tgz"


@pytest.mark.parametrize("name", ["binderhub", "jupyterhub", "traefik", "cert-manager"])
def test_a_chart_that_cannot_be_reached_skips_the_test_and_says_so(name: str) -> None:
    with pytest.raises(pytest.skip.Exception, match=r"cannot be reached, and \.\./shared does not have it"):
        charts.values_schema(name)


def test_schemas_of_azure_that_cannot_be_reached_skip_the_test_and_say_so() -> None:
    with pytest.raises(pytest.skip.Exception, match=rf"{AZURE}/schemas/ cannot be reached"):
        arm_schemas.published(DNS_ZONES)


async def test_a_home_that_is_out_of_order_skips_the_test_and_is_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(_: Any) -> Response:
        return Response(status_code=503)

    def ask_twice() -> None:
        for _ in range(2):
            with pytest.raises(pytest.skip.Exception, match="it answers 503"):
                arm_schemas.published(DNS_ZONES)

    hosts = {AZURE: Starlette(routes=[Route("/{path:path}", broken)])}
    await ask(hosts, tmp_path, monkeypatch, ask_twice)
    assert requests(tmp_path) == [f"/schemas/{DNS_ZONES}"]


def test_shared_files_come_first_and_one_that_is_missing_there_is_a_failure(tmp_path: Path) -> None:
    kept = tmp_path / "shared" / "charts" / "traefik"
    kept.mkdir(parents=True)
    (kept / "values.schema.json").write_text('{"title": "kept"}')
    assert charts.values_schema("traefik") == {"title": "kept"}
    with pytest.raises(downloads.NotPublishedError, match="not in"):
        arm_schemas.published(DNS_ZONES)
