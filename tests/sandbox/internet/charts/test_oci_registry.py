"""Charts as OCI artifacts: helm itself pulls them, ours and those of a directory, through the proxy."""

from __future__ import annotations

import asyncio
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import httpx
import pytest

from deployer.helm.binary import find_helm
from deployer.settings.versions import CERTMANAGER_VERSION, TRAEFIK_VERSION
from sandbox.internet.charts.hosts import available_charts, chart_hosts
from sandbox.internet.charts.packages import OWN_CHARTS, pack
from tests.network import connected
from tests.rendering import sandbox_chart

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

TRAEFIK = "oci://ghcr.io/traefik/helm/traefik"
CERT_MANAGER = "oci://quay.io/jetstack/charts/cert-manager"


@dataclass(frozen=True)
class Internet:
    """Chart hosts behind a proxy, and a folder for what is pulled."""

    folder: Path
    environment: dict[str, str]

    async def pull(self, chart: str, *arguments: str) -> tuple[int, str]:
        """Let helm pull a chart; return its status and what it says."""
        helm = find_helm()
        if helm is None:
            pytest.skip("helm is not here (`make test` fetches it)")
        process = await asyncio.create_subprocess_exec(
            helm,
            *("pull", chart, "--destination", str(self.folder), *arguments),
            env={**os.environ, **self.environment, "HOME": str(self.folder)},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        return process.returncode or 0, output.decode()


@asynccontextmanager
async def internet(folder: Path, charts: Path | None = None) -> AsyncIterator[Internet]:
    async with connected(
        folder, chart_hosts(available_charts(charts, sandbox_chart("cert-manager")))
    ) as environment:
        yield Internet(folder, environment)


async def test_helm_pulls_the_charts_that_the_deployer_asks_for(tmp_path: Path) -> None:
    async with internet(tmp_path) as connected:
        assert (await connected.pull(TRAEFIK, "--version", TRAEFIK_VERSION))[0] == 0
        assert (await connected.pull(CERT_MANAGER, "--version", CERTMANAGER_VERSION))[0] == 0
    traefik, cert_manager = pack(OWN_CHARTS / "traefik"), pack(sandbox_chart("cert-manager"))
    assert (tmp_path / f"traefik-{TRAEFIK_VERSION}.tgz").read_bytes() == traefik.archive
    pulled = tmp_path / f"cert-manager-{CERTMANAGER_VERSION}.tgz"
    assert pulled.read_bytes() == cert_manager.archive


async def test_helm_finds_the_newest_version_by_itself(tmp_path: Path) -> None:
    async with internet(tmp_path) as connected:
        assert (await connected.pull(TRAEFIK))[0] == 0
    assert (tmp_path / f"traefik-{TRAEFIK_VERSION}.tgz").is_file()


async def test_a_version_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    async with internet(tmp_path) as connected:
        status, said = await connected.pull(TRAEFIK, "--version", "41.0.0")
    assert status != 0
    assert "not found" in said


async def test_the_charts_of_a_directory_take_the_place_of_ours(tmp_path: Path) -> None:
    charts = tmp_path / "charts"
    charts.mkdir()
    (charts / "official.tgz").write_bytes(pack(OWN_CHARTS / "traefik").archive)
    async with internet(tmp_path, charts) as connected:
        assert (await connected.pull(TRAEFIK, "--version", TRAEFIK_VERSION))[0] == 0
        assert (await connected.pull(CERT_MANAGER, "--version", CERTMANAGER_VERSION))[0] != 0


async def test_charts_with_a_registry_of_their_own_are_in_no_index() -> None:
    transport = httpx.ASGITransport(chart_hosts(available_charts())["hub.jupyter.org"])
    async with httpx.AsyncClient(transport=transport) as client:
        index = (await client.get("https://hub.jupyter.org/helm-chart/index.yaml")).text
    assert "traefik" not in index
    assert "cert-manager" not in index
