"""The proof of a deployment fails where the hub is not whole, and a new run mends it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from deployer.settings.versions import BINDERHUB_VERSION
from tests.clusters import kubeconfig_of, kubernetes
from tests.end_to_end.deployments import Ran, deploy, group_of, hub_settings, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox.client import RunningSandbox

HUB = "proven"
WHERE = {"RESOURCE_GROUP_LOCATION": "uksouth"}
CHARTS = "https://hub.jupyter.org/helm-chart"
# A hook of the chart makes it.
PULL_SECRET = f"/api/v1/namespaces/{HUB}/secrets/image-pull-secret"
ELSEWHERE = "http://elsewhere.uksouth.cloudapp.azure.com"


def prove(sandbox: RunningSandbox, folder: Path, **environment: str) -> Ran:
    """Run the deployer's last two steps alone."""
    kubeconfig = {"KUBECONFIG": str(kubeconfig_of(sandbox, HUB, folder))}
    settings = {**hub_settings(HUB), **WHERE, **kubeconfig, **environment}
    return run(sandbox, sys.executable, "-m", "tests.end_to_end.prove", **settings)


@pytest.fixture(scope="module", autouse=True)
def hub(sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with group_of(sandbox, HUB):
        ran = deploy(sandbox, tmp_path_factory.mktemp("outputs"), HUB, **WHERE)
        assert ran.status == 0, ran.stderr
        yield


def tells_visitors_apart(sandbox: RunningSandbox) -> bool:
    """Return whether BinderHub sees the addresses of visitors, by which it limits launches."""
    with kubernetes(sandbox, HUB) as api:
        service = api.get(f"/api/v1/namespaces/{HUB}/services/binder").raise_for_status().json()
    return bool(service["spec"]["externalTrafficPolicy"] == "Local")


@pytest.fixture
def mended(sandbox: RunningSandbox, tmp_path: Path) -> Iterator[None]:
    """Deploy again after the test, and see that this mends the hub."""
    yield
    ran = deploy(sandbox, tmp_path, HUB, **WHERE)
    assert ran.status == 0, ran.stderr
    assert prove(sandbox, tmp_path).status == 0
    assert tells_visitors_apart(sandbox)
    with kubernetes(sandbox, HUB) as api:
        assert api.get(PULL_SECRET).is_success


def test_a_whole_hub_is_proven(sandbox: RunningSandbox, tmp_path: Path) -> None:
    ran = prove(sandbox, tmp_path)
    assert ran.status == 0, ran.stderr
    assert f"http://{HUB}.uksouth.cloudapp.azure.com" in ran.stdout
    assert tells_visitors_apart(sandbox)


@pytest.mark.usefixtures("mended")
def test_a_wrong_hub_url_is_found(sandbox: RunningSandbox, tmp_path: Path) -> None:
    chart = (HUB, "binderhub", "--repo", CHARTS, "--version", BINDERHUB_VERSION)
    where = ("--namespace", HUB, "--kube-context", HUB)
    wrong = ("--reuse-values", "--set", f"config.BinderHub.hub_url={ELSEWHERE}", "--wait")
    changed = run(sandbox, "helm", "upgrade", *chart, *where, *wrong)
    assert changed.status == 0, changed.stderr
    assert tells_visitors_apart(sandbox)
    replaced = "config.BinderHub.hub_url"
    ran = prove(sandbox, tmp_path, HELM_VALUES=f"config: {{BinderHub: {{hub_url: '{ELSEWHERE}'}}}}")
    assert ran.status == 1
    assert "JupyterHub API" in ran.stderr
    assert f"HELM_VALUES replace what the deployer decides: {replaced}." in ran.stderr


@pytest.mark.usefixtures("mended")
def test_a_missing_service_is_found(sandbox: RunningSandbox, tmp_path: Path) -> None:
    with kubernetes(sandbox, HUB) as api:
        api.delete(f"/api/v1/namespaces/{HUB}/services/binder").raise_for_status()
    ran = prove(sandbox, tmp_path)
    assert ran.status == 1
    assert "The Service binder is missing" in ran.stderr


@pytest.mark.usefixtures("mended")
def test_what_a_hook_made_is_made_again(sandbox: RunningSandbox) -> None:
    with kubernetes(sandbox, HUB) as api:
        api.delete(PULL_SECRET).raise_for_status()
