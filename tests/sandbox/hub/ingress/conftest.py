"""A hub behind Traefik in a cluster of the sandbox, and its visitors on the internet."""

from __future__ import annotations

import json
import ssl
import time
from dataclasses import dataclass
from http.client import HTTPSConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import httpx
import pytest
import yaml
from cryptography import x509

from sandbox.visitor.portal import GROUPS_API, Portal
from tests.clusters import kubernetes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.client import RunningSandbox

    Value = TypeVar("Value")
    Object = dict[str, Any]

HERE = Path(__file__).parent
# Not where other tests have their clusters: the quota of cores is a region's.
REGION = "swedencentral"
CLUSTERS_API = "2026-08-01"
PATIENCE_SECONDS = 60.0
CORE, APPS, NETWORKING = "/api/v1", "/apis/apps/v1", "/apis/networking.k8s.io/v1"
PATHS = {
    "Namespace": f"{CORE}/namespaces",
    "IngressClass": f"{NETWORKING}/ingressclasses",
    "ConfigMap": f"{CORE}/namespaces/%s/configmaps",
    "Service": f"{CORE}/namespaces/%s/services",
    "Secret": f"{CORE}/namespaces/%s/secrets",
    "Pod": f"{CORE}/namespaces/%s/pods",
    "Deployment": f"{APPS}/namespaces/%s/deployments",
    "Ingress": f"{NETWORKING}/namespaces/%s/ingresses",
}
APPLY = {"Content-Type": "application/apply-patch+yaml"}


def eventually(ask: Callable[[], Value], wanted: Value) -> Value:
    """Ask until the answer is the wanted one, or for too long; return the last answer."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while (answer := ask()) != wanted and time.monotonic() < ends:
        time.sleep(0.05)
    return answer


def objects(file: str) -> list[Object]:
    """Return the objects of a file beside this one."""
    return list(yaml.safe_load((HERE / file).read_text(encoding="utf-8")))


@dataclass(frozen=True)
class PublicHub:
    """The hub's cluster, and what visitors see of it."""

    sandbox: RunningSandbox
    api: httpx.Client

    def apply(self, *manifests: Object) -> None:
        """Have these objects, judged by the real API server."""
        for manifest in manifests:
            answer = self.api.patch(
                _path(manifest),
                content=json.dumps(manifest),
                params={"fieldManager": "tests", "force": "true", "fieldValidation": "Strict"},
                headers=APPLY,
            )
            assert answer.is_success, answer.text

    def remove(self, *manifests: Object) -> None:
        """Have none of these objects."""
        for manifest in manifests:
            self.api.delete(_path(manifest), params={"gracePeriodSeconds": "0"})

    def visit(self, url: str, method: str = "GET", *, trust: ssl.SSLContext | None = None) -> httpx.Response:
        """Ask as a visitor does; without `trust` whatever certificate there is will do."""
        context = trust or _trusting_anybody()
        proxy = self.sandbox.network["HTTPS_PROXY"]
        with httpx.Client(proxy=proxy, verify=context, trust_env=False, timeout=30) as client:
            return client.request(method, url)

    def status(self, url: str) -> int:
        """Return the status of the answer, or of the proxy's refusal in its place."""
        try:
            return self.visit(url).status_code
        except httpx.ProxyError as refused:
            return int(str(refused).split()[0])

    def certificate(self, host: str) -> x509.Certificate:
        """Return the certificate that a host shows."""
        proxy = urlsplit(self.sandbox.network["HTTPS_PROXY"])
        connection = HTTPSConnection(str(proxy.hostname), proxy.port, context=_trusting_anybody())
        connection.set_tunnel(host, 443)
        connection.connect()
        shown = connection.sock.getpeercert(binary_form=True)
        connection.close()
        assert isinstance(shown, bytes)
        return x509.load_der_x509_certificate(shown)


@pytest.fixture(scope="package")
def public_hub(sandbox: RunningSandbox) -> Iterator[PublicHub]:
    portal = Portal(sandbox)
    group = f"/subscriptions/{sandbox.settings['AZURE_SUBSCRIPTION']}/resourceGroups/routed"
    portal.arm("PUT", group, GROUPS_API, {"location": REGION})
    _make_cluster(portal, group)
    with kubernetes(sandbox, "routed") as api:
        hub = PublicHub(sandbox, api)
        hub.apply(*objects("hub.yaml"))
        binder, jupyterhub = (
            f"https://{name}.{REGION}.cloudapp.azure.com" for name in ("routed", "routed-hub")
        )
        assert eventually(lambda: hub.status(f"{binder}/health"), 200) == 200
        assert eventually(lambda: hub.status(f"{jupyterhub}/hub/api"), 200) == 200
        yield hub
    portal.arm("DELETE", group, GROUPS_API)


def _make_cluster(portal: Portal, group: str) -> None:
    path = f"{group}/providers/Microsoft.ContainerService/managedClusters/routed"
    pool = {"name": "system", "mode": "System", "vmSize": "Standard_D4s_v5", "count": 1}
    properties = {"dnsPrefix": "routed", "agentPoolProfiles": [pool]}
    body = {"location": REGION, "identity": {"type": "SystemAssigned"}, "properties": properties}
    portal.arm("PUT", path, CLUSTERS_API, body)

    def state() -> str:
        return str(portal.arm("GET", path, CLUSTERS_API)["properties"]["provisioningState"])

    assert eventually(state, "Succeeded") == "Succeeded"


def _path(manifest: Object) -> str:
    metadata = manifest["metadata"]
    collection = PATHS[manifest["kind"]]
    where = collection % metadata["namespace"] if "%s" in collection else collection
    return f"{where}/{metadata['name']}"


def _trusting_anybody() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
