"""Finds charts and renders them with helm, without a cluster."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from deployer.helm.binary import find_helm
from sandbox.clusters.programs import locate_https
from sandbox.internet.charts.packages import OWN_CHARTS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Objects = dict[tuple[str, str], dict[str, Any]]
"""Objects of Kubernetes by kind and name."""


def sandbox_chart(name: str) -> Path:
    """Return the folder of a chart that the sandbox serves: one of ours, or cert-manager's official one."""
    if name != "cert-manager":
        return OWN_CHARTS / name
    https = locate_https()
    if https is None:
        pytest.skip("cert-manager's chart is not here (`make test` gets it)")
    return https.cert_manager_chart


def template(
    chart: Path, values: Mapping[str, Any], release: str, namespace: str
) -> subprocess.CompletedProcess[str]:
    """Run `helm template`, whatever comes of it.

    Args:
        chart: directory or package.
        values: for the chart.
        release: name of the release.
        namespace: of the release.

    """
    helm = find_helm()
    if helm is None:
        pytest.skip("helm is not here (`make test` fetches it)")
    command = [str(helm), "template", release, str(chart), "--namespace", namespace, "--values", "-"]
    return subprocess.run(command, input=json.dumps(values), capture_output=True, text=True, check=False)


def render(chart: Path, values: Mapping[str, Any], release: str, namespace: str) -> Objects:
    """Return the objects of a release; see `template` for the arguments."""
    rendered = template(chart, values, release, namespace)
    assert rendered.returncode == 0, rendered.stderr
    documents = [document for document in yaml.load_all(rendered.stdout, Loader=yaml.CSafeLoader) if document]
    return {(document["kind"], document["metadata"]["name"]): document for document in documents}
