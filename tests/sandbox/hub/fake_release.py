"""A release's objects as a cluster's API shows them, small enough for a test to take one away."""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMESPACE = "demo"


def secret(**contents: str) -> dict[str, Any]:
    """Return a Secret with these contents."""
    return {"data": {key: b64encode(text.encode()).decode() for key, text in contents.items()}}


@dataclass
class FakeRelease:
    """One cluster that holds one release, and the labels of its addresses."""

    configuration: dict[str, Any] = field(
        default_factory=lambda: {
            "BinderHub": {
                "use_registry": True,
                "hub_url": "http://demo-hub.westeurope.cloudapp.azure.com",
                "hub_url_local": "http://proxy-public",
            },
            "LaunchQuota": {"total_quota": 1},
        }
    )
    components: dict[str, str] = field(
        default_factory=lambda: {"binder": "binder", "proxy-public": "proxy", "hub": "hub"}
    )
    labels: dict[str, str] = field(default_factory=lambda: {"demo": "binder", "demo-hub": "proxy-public"})
    addressed: set[str] = field(default_factory=lambda: {"binder", "proxy-public"})
    ready: set[str] = field(default_factory=lambda: {"binder", "proxy-public", "hub"})
    user_pods: int = 0
    running: bool = True

    @property
    def api(self) -> httpx.AsyncClient:
        """Client of the cluster's API."""
        return httpx.AsyncClient(transport=httpx.MockTransport(self._answer), base_url="https://cluster")

    def holder_of_label(self, location: str, label: str) -> tuple[FakeRelease, str, str] | None:
        """Return who has a label, as the sandbox's clusters do."""
        if location != "westeurope" or label not in self.labels:
            return None
        return self, NAMESPACE, self.labels[label]

    def program_port(self, namespace: str, selector: Mapping[str, str], port: int | str) -> int | None:
        """Return that no program runs for these pods."""

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if not self.running:
            raise httpx.ConnectError("stopped")
        kind, _, name = request.url.path.removeprefix(f"/api/v1/namespaces/{NAMESPACE}/").partition("/")
        selector = request.url.params.get("labelSelector", "")
        if "endpointslices" in request.url.path:
            return self._items([self._slice(selector.rpartition("=")[2])])
        if kind == "services":
            return self._service(name)
        if kind == "secrets":
            return httpx.Response(200, json=self._secrets()[name])
        if kind == "pods":
            return self._items([{}] * (self.user_pods if "singleuser" in selector else 0))
        container = {"image": "quay.io/jupyterhub/k8s-binderhub:1.2.3"}
        return httpx.Response(200, json={"spec": {"template": {"spec": {"containers": [container]}}}})

    def _items(self, items: list[Any]) -> httpx.Response:
        return httpx.Response(200, json={"items": items})

    def _slice(self, service: str) -> dict[str, Any]:
        return {"endpoints": [{"conditions": {"ready": service in self.ready}}], "ports": [{"port": 8000}]}

    def _service(self, name: str) -> httpx.Response:
        if name not in self.components:
            return httpx.Response(404)
        status = {"loadBalancer": {"ingress": [{"ip": "20.0.0.1"}]} if name in self.addressed else {}}
        selector = {"component": self.components[name]}
        spec = {"type": "LoadBalancer", "ports": [{"port": 80}], "selector": selector}
        metadata = {"name": name, "namespace": NAMESPACE}
        return httpx.Response(200, json={"metadata": metadata, "spec": spec, "status": status})

    def _secrets(self) -> dict[str, Any]:
        login = {"auths": {"https://demo.azurecr.io": {"auth": b64encode(b"demo-images:pass:word").decode()}}}
        return {
            "binder-secret": secret(**{"values.yaml": yaml.safe_dump({"config": self.configuration})}),
            "binder-build-docker-config": secret(**{"config.json": json.dumps(login)}),
        }
