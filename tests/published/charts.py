"""The official charts, in the versions that are deployed, and the value schemas in them."""

from __future__ import annotations

import json
import subprocess
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from deployer.helm.binary import find_helm
from deployer.helm.charts import binderhub_chart, cert_manager_chart, traefik_chart
from deployer.helm.failures import error_line
from tests.deployer.settings_of import settings_of
from tests.published.downloads import (
    PATIENCE_SECONDS,
    NotPublishedError,
    UnreachableError,
    cached_file,
    shared_file,
)

if TYPE_CHECKING:
    from deployer.helm.charts import ChartSource

SCHEMA = "values.schema.json"


_SETTINGS = settings_of()
CHARTS = {
    chart.name: chart
    for chart in (binderhub_chart(_SETTINGS), traefik_chart(_SETTINGS), cert_manager_chart(_SETTINGS))
}
# Charts that are published inside another one: name -> (chart, path in its package).
INSIDE = {"jupyterhub": ("binderhub", "binderhub/charts/jupyterhub")}


def official_chart(name: str) -> Path:
    """Return the package of a chart as its project publishes it; skip the test where it cannot be reached.

    Raises:
        NotPublishedError: the repository does not have this version.

    """
    chart = CHARTS[name]
    return cached_file(f"charts/{name}-{chart.version}.tgz", chart.repository, lambda: _pull(chart))


def values_schema(name: str) -> dict[str, Any]:
    """Return the schema for the values of a chart; skip the test where it cannot be reached.

    Raises:
        NotPublishedError: the chart or its schema is not published.

    """
    shared = shared_file(f"charts/{name}/{SCHEMA}")
    text = shared.read_bytes() if shared else _schema_in_package(name)
    return dict(json.loads(text))


def _schema_in_package(name: str) -> bytes:
    chart, folder = INSIDE.get(name, (name, name))
    with tarfile.open(official_chart(chart)) as package:
        try:
            member = package.extractfile(f"{folder}/{SCHEMA}")
        except KeyError:
            raise NotPublishedError(f"the chart {chart} has no {folder}/{SCHEMA}") from None
        assert member is not None
        return member.read()


def _pull(chart: ChartSource) -> bytes:
    """Fetch a package with helm, which knows both kinds of repositories and checks digests."""
    helm = find_helm()
    if helm is None:
        pytest.skip("helm is not here (`make test` fetches it)")
    with tempfile.TemporaryDirectory() as folder:
        command = [str(helm), "pull", *chart.pull_arguments, "--destination", folder]
        try:
            pulled = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS
            )
        except subprocess.TimeoutExpired:
            raise UnreachableError(f"no answer within {PATIENCE_SECONDS} s") from None
        if pulled.returncode == 0:
            [package] = Path(folder).glob("*.tgz")
            return package.read_bytes()
    if "not found" in pulled.stderr.lower():
        raise NotPublishedError(pulled.stderr)
    raise UnreachableError(error_line(pulled.stderr))
