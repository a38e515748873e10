"""The proof of a deployment fails where the hub is not whole, and a new run mends it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from deployer.settings.versions import BINDERHUB_VERSION
from tests.clusters import kubeconfig_of, kubernetes
from tests.end_to_end.deployments import Ran, hub_settings, run
from tests.end_to_end.same_hub.hub import NAME, WHERE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.same_hub.hub import Hub

CHARTS = "https://hub.jupyter.org/helm-chart"
# A hook of the chart makes it.
PULL_SECRET = f"/api/v1/namespaces/{NAME}/secrets/image-pull-secret"
ELSEWHERE = "http://elsewhere.westus2.cloudapp.azure.com"


def prove(hub: Hub, folder: Path, **environment: str) -> Ran:
    """Run the deployer's last two steps alone."""
    kubeconfig = {"KUBECONFIG": str(kubeconfig_of(hub.sandbox, NAME, folder))}
    settings = {**hub_settings(NAME), **WHERE, **kubeconfig, **environment}
    return run(hub.sandbox, sys.executable, "-m", "tests.end_to_end.prove", **settings)


def tells_visitors_apart(hub: Hub) -> bool:
    """Return whether BinderHub sees the addresses of visitors, by which it limits launches."""
    with kubernetes(hub.sandbox, NAME) as api:
        service = api.get(f"/api/v1/namespaces/{NAME}/services/binder").raise_for_status().json()
    return bool(service["spec"]["externalTrafficPolicy"] == "Local")


@pytest.fixture
def mended(hub: Hub, tmp_path: Path) -> Iterator[None]:
    """Deploy again after the test, and see that this mends the hub."""
    yield
    ran = hub.deploy()
    assert ran.status == 0, ran.stderr
    assert prove(hub, tmp_path).status == 0
    assert tells_visitors_apart(hub)
    with kubernetes(hub.sandbox, NAME) as api:
        assert api.get(PULL_SECRET).is_success


def test_a_whole_hub_is_proven(hub: Hub, tmp_path: Path) -> None:
    ran = prove(hub, tmp_path)
    assert ran.status == 0, ran.stderr
    assert f"http://{NAME}.westus2.cloudapp.azure.com" in ran.stdout
    assert tells_visitors_apart(hub)


@pytest.mark.usefixtures("mended")
def test_a_wrong_hub_url_is_found(hub: Hub, tmp_path: Path) -> None:
    chart = (NAME, "binderhub", "--repo", CHARTS, "--version", BINDERHUB_VERSION)
    where = ("--namespace", NAME, "--kube-context", NAME)
    wrong = ("--reuse-values", "--set", f"config.BinderHub.hub_url={ELSEWHERE}", "--wait")
    changed = run(hub.sandbox, "helm", "upgrade", *chart, *where, *wrong)
    assert changed.status == 0, changed.stderr
    assert tells_visitors_apart(hub)
    replaced = "config.BinderHub.hub_url"
    ran = prove(hub, tmp_path, HELM_VALUES=f"config: {{BinderHub: {{hub_url: '{ELSEWHERE}'}}}}")
    assert ran.status == 1
    assert "JupyterHub API" in ran.stderr
    assert f"HELM_VALUES replace what the deployer decides: {replaced}." in ran.stderr


@pytest.mark.usefixtures("mended")
def test_a_missing_service_is_found(hub: Hub, tmp_path: Path) -> None:
    with kubernetes(hub.sandbox, NAME) as api:
        api.delete(f"/api/v1/namespaces/{NAME}/services/binder").raise_for_status()
    ran = prove(hub, tmp_path)
    assert ran.status == 1
    assert "The Service binder is missing" in ran.stderr


@pytest.mark.usefixtures("mended")
def test_what_a_hook_made_is_made_again(hub: Hub) -> None:
    with kubernetes(hub.sandbox, NAME) as api:
        api.delete(PULL_SECRET).raise_for_status()
