"""A chart is fetched as one whole package of the wanted version, or not at all."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from deployer.errors import HelmError
from deployer.helm import failures, process
from deployer.helm.charts import ChartSource, cert_manager_chart, fetch_chart, traefik_chart
from deployer.settings.charts import WantedChart
from sandbox.internet.charts.packages import OWN_CHARTS, pack
from tests.deployer.settings_of import settings_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

OWN = pack(OWN_CHARTS / "binderhub")
DIGEST = f"sha256:{OWN.digest}"
OTHER_DIGEST = f"sha256:{'0' * 64}"


def source_of(digest: str | None, version: str = str(OWN.metadata["version"])) -> ChartSource:
    return ChartSource(
        WantedChart("binderhub", version, "BINDERHUB_VERSION", digest), "https://charts.example.org"
    )


SOURCE = source_of(DIGEST)

# A helm whose n-th pull brings the n-th package, the last one again and again; None: it hangs.
PULLING = """\
#!{python}
import json, pathlib, sys, time
folder = pathlib.Path({folder!r})
with (folder / "pulls").open("a") as pulls:
    pulls.write(" ".join(sys.argv[1:-1]) + "\\n")
count = len((folder / "pulls").read_text().splitlines())
packages = sorted(folder.glob("*.package"))
if not packages:
    time.sleep(60)
package = packages[min(count, len(packages)) - 1]
(pathlib.Path(sys.argv[-1]) / "binderhub.tgz").write_bytes(package.read_bytes())
"""


@pytest.fixture
def pulling(tmp_path: Path) -> Callable[..., Path]:
    """Return a stand-in for helm that pulls these packages, one after another."""

    def write(*packages: bytes) -> Path:
        for number, package in enumerate(packages):
            (tmp_path / f"{number}.package").write_bytes(package)
        program = tmp_path / "helm"
        program.write_text(PULLING.format(python=sys.executable, folder=str(tmp_path)))
        program.chmod(0o755)
        return program

    return write


@pytest.fixture
def charts(tmp_path: Path) -> Path:
    directory = tmp_path / "charts"
    directory.mkdir()
    return directory


async def test_a_package_is_put_into_the_directory(
    pulling: Callable[..., Path], charts: Path, tmp_path: Path
) -> None:
    package = await fetch_chart(pulling(OWN.archive), SOURCE, charts)
    assert package.read_bytes() == OWN.archive
    assert list(charts.iterdir()) == [package]
    assert (tmp_path / "pulls").read_text() == (
        f"pull binderhub --repo https://charts.example.org --version {SOURCE.version} --destination\n"
    )


@pytest.mark.parametrize("broken", [OWN.archive[:-100], b"<html>try later</html>", b""])
async def test_a_package_that_is_cut_off_is_fetched_again(
    broken: bytes, pulling: Callable[..., Path], charts: Path
) -> None:
    package = await fetch_chart(pulling(broken, OWN.archive), SOURCE, charts)
    assert list(charts.iterdir()) == [package]
    assert package.read_bytes() == OWN.archive


async def test_a_package_that_stays_cut_off_ends_as_passing_trouble(
    pulling: Callable[..., Path], charts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "RETRY_LIMIT", 0.0)
    with pytest.raises(HelmError, match="cut off") as caught:
        await fetch_chart(pulling(OWN.archive[:1000]), SOURCE, charts)
    assert caught.value.retryable
    assert list(charts.iterdir()) == []


async def test_another_version_than_the_wanted_one_is_refused(
    pulling: Callable[..., Path], charts: Path
) -> None:
    with pytest.raises(HelmError, match=r"instead of binderhub 1\.0\.0") as caught:
        await fetch_chart(pulling(OWN.archive), source_of(DIGEST, "1.0.0"), charts)
    assert not caught.value.retryable
    assert list(charts.iterdir()) == []


async def test_a_chart_of_another_content_is_refused(
    pulling: Callable[..., Path], charts: Path, tmp_path: Path
) -> None:
    with pytest.raises(HelmError, match=f"its digest is {DIGEST}, not {OTHER_DIGEST}") as caught:
        await fetch_chart(pulling(OWN.archive), source_of(OTHER_DIGEST), charts)
    assert "Somebody has replaced the chart in https://charts.example.org" in str(caught.value.cause)
    assert f"CHART_DIGESTS to binderhub-{SOURCE.version}={DIGEST}" in str(caught.value.suggestion)
    assert not caught.value.retryable
    assert list(charts.iterdir()) == []
    assert len((tmp_path / "pulls").read_text().splitlines()) == 1


async def test_the_content_of_a_version_that_nobody_vouches_for_is_not_checked(
    pulling: Callable[..., Path], charts: Path
) -> None:
    assert (await fetch_chart(pulling(OWN.archive), source_of(None), charts)).read_bytes() == OWN.archive


async def test_a_repository_that_never_answers_does_not_hold_the_run(
    pulling: Callable[..., Path], charts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "READ_LIMIT", 0.5)
    monkeypatch.setattr(failures, "RETRY_LIMIT", 0.0)
    with pytest.raises(HelmError, match="did not end in time"):
        await fetch_chart(pulling(), SOURCE, charts)


def test_versions_are_written_as_the_charts_have_them() -> None:
    settings = settings_of(traefik_version="v41.3.0", certmanager_version="1.20.2")
    assert traefik_chart(settings).version == "41.3.0"
    assert cert_manager_chart(settings).version == "v1.20.2"
