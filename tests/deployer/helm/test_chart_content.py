"""The content of charts from registries: helm tells the digest of the artifact, the archive has another."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest

from deployer.errors import HelmError
from deployer.helm import failures
from deployer.helm.binary import find_helm
from deployer.helm.charts import TRAEFIK_REPOSITORY, ChartSource, fetch_chart
from deployer.settings.charts import WantedChart
from sandbox.internet.charts.oci_registry import ChartRegistry
from sandbox.internet.charts.packages import OWN_CHARTS, PackagedChart, pack
from tests.network import connected
from tests.published.charts import CHARTS, official_chart

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    Fetch = Callable[[ASGIApp, str], Awaitable[Path]]

CHART = pack(OWN_CHARTS / "traefik")
OTHER = PackagedChart({**CHART.metadata, "description": "the same version again"}, CHART.archive)
VERSION = str(CHART.metadata["version"])


def registry_of(chart: PackagedChart) -> ASGIApp:
    return ChartRegistry("traefik/helm/traefik", [chart]).app


async def artifact_digest(registry: ASGIApp) -> str:
    """Return what every client makes of the manifest."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(registry)) as client:
        manifest = await client.get(f"https://ghcr.io/v2/traefik/helm/traefik/manifests/{VERSION}")
    assert json.loads(manifest.content)["layers"][0]["digest"] == f"sha256:{CHART.digest}"
    return f"sha256:{hashlib.sha256(manifest.content).hexdigest()}"


@dataclass
class Lying:
    """A registry that claims another digest than its answers have."""

    registry: ASGIApp
    digest: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def claim(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [(name, value) for name, value in message["headers"] if name != DIGEST]
                message["headers"] = [*headers, (DIGEST, self.digest.encode())]
            await send(message)

        await self.registry(scope, receive, claim)


DIGEST = b"docker-content-digest"


@pytest.fixture
def fetch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Fetch:
    """Fetch the chart from a registry with helm itself, given the digest that it has to have."""
    helm = find_helm()
    if helm is None:
        pytest.skip("helm is not here (`make test` fetches it)")
    monkeypatch.setattr(failures, "RETRY_LIMIT", 0.0)
    (tmp_path / "packages").mkdir()

    async def fetched(registry: ASGIApp, digest: str) -> Path:
        source = ChartSource(WantedChart("traefik", VERSION, "TRAEFIK_VERSION", digest), TRAEFIK_REPOSITORY)
        async with connected(tmp_path, {"ghcr.io": registry}) as environment:
            for name, value in {**environment, "HOME": str(tmp_path)}.items():
                monkeypatch.setenv(name, value)
            return await fetch_chart(helm, source, tmp_path / "packages")

    return fetched


async def test_a_chart_is_known_by_its_artifact_or_by_its_archive(fetch: Fetch) -> None:
    for digest in (await artifact_digest(registry_of(CHART)), f"sha256:{CHART.digest}"):
        assert (await fetch(registry_of(CHART), digest)).read_bytes() == CHART.archive


async def test_an_artifact_that_was_replaced_is_refused(fetch: Fetch) -> None:
    wanted, came = await artifact_digest(registry_of(CHART)), await artifact_digest(registry_of(OTHER))
    with pytest.raises(HelmError) as caught:
        await fetch(registry_of(OTHER), wanted)
    assert caught.value.message == (
        f"The content of the chart traefik-{VERSION} is not what it has to be: its digest is {came} as an "
        f"artifact and sha256:{CHART.digest}, not {wanted}."
    )


async def test_a_registry_that_lies_about_a_digest_is_refused_by_helm(fetch: Fetch) -> None:
    wanted = await artifact_digest(registry_of(CHART))
    with pytest.raises(HelmError, match="Helm could not fetch traefik"):
        await fetch(Lying(registry_of(OTHER), wanted), wanted)


@pytest.mark.online
@pytest.mark.parametrize("name", CHARTS)
async def test_the_official_charts_are_those_that_this_release_knows(name: str, tmp_path: Path) -> None:
    known = official_chart(name)
    helm = find_helm()
    assert helm is not None
    assert (await fetch_chart(helm, CHARTS[name], tmp_path)).read_bytes() == known.read_bytes()
