"""Chart repositories: what helm gets from our own chart, and from a directory of packaged ones."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from typing import TYPE_CHECKING

import httpx
import pytest
import yaml

from deployer.settings.versions import BINDERHUB_VERSION
from sandbox.internet.charts.hosts import available_charts, chart_hosts
from sandbox.internet.charts.packages import OWN_CHARTS, ChartsError, own_charts, pack

if TYPE_CHECKING:
    from pathlib import Path

REPOSITORY = "https://hub.jupyter.org/helm-chart"


def repository(directory: Path | None = None) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(chart_hosts(available_charts(directory))["hub.jupyter.org"])
    return httpx.AsyncClient(transport=transport, base_url=REPOSITORY)


async def test_the_index_names_the_chart_that_the_deployer_asks_for() -> None:
    async with repository() as client:
        index = yaml.safe_load((await client.get("/index.yaml")).text)
    assert BINDERHUB_VERSION in [entry["version"] for entry in index["entries"]["binderhub"]]


async def test_the_archive_is_the_one_that_the_index_promises() -> None:
    async with repository() as client:
        index = yaml.safe_load((await client.get("/index.yaml")).text)
        (entry,) = index["entries"]["binderhub"]
        archive = (await client.get(f"/{entry['urls'][0]}")).content
    assert hashlib.sha256(archive).hexdigest() == entry["digest"]
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        assert {"binderhub/Chart.yaml", "binderhub/values.yaml", "binderhub/values.schema.json"} <= set(
            tar.getnames()
        )


def test_the_same_files_make_the_same_archive(tmp_path: Path) -> None:
    first = pack(OWN_CHARTS / "binderhub")
    for name in ("Chart.yaml", "values.yaml"):
        (tmp_path / name).write_bytes((OWN_CHARTS / "binderhub" / name).read_bytes())
        os.utime(tmp_path / name, (1, 1))
    copied = pack(tmp_path)
    os.utime(tmp_path / "values.yaml", (2, 2))
    assert pack(tmp_path).digest == copied.digest
    assert pack(OWN_CHARTS / "binderhub").digest == first.digest != copied.digest


async def test_the_charts_of_a_directory_take_the_place_of_ours(tmp_path: Path) -> None:
    own = next(chart for chart in own_charts() if chart.name == "binderhub")
    (tmp_path / "elsewhere.tgz").write_bytes(own.archive)
    async with repository(tmp_path) as client:
        index = yaml.safe_load((await client.get("/index.yaml")).text)
        answer = await client.get(f"/binderhub-{BINDERHUB_VERSION}.tgz")
    assert list(index["entries"]) == ["binderhub"]
    assert answer.content == own.archive


async def test_a_chart_that_is_not_there_is_not_found() -> None:
    async with repository() as client:
        assert (await client.get("/binderhub-0.0.1.tgz")).status_code == 404


def test_a_directory_without_charts_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ChartsError, match="holds no packaged chart"):
        available_charts(tmp_path)


def test_an_archive_that_is_no_chart_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.tgz").write_bytes(b"not a tar")
    with pytest.raises(ChartsError, match="can't be read as a chart"):
        available_charts(tmp_path)
