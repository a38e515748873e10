"""What answers a challenge: a pod, a Service before it, and an Ingress that leads the one path there."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import adler32

from sandbox.clusters.workloads.cert_manager.resources import CHALLENGES, add, is_owned_by, list_all, remove

if TYPE_CHECKING:
    import httpx

    from sandbox.clusters.kubernetes_api import Object

PORT = 8089
PREFIX = "cm-acme-http-solver-"


class Solvers:
    """Makes and removes solvers.

    Args:
        api: client of the cluster's API.
        image: what their pods run.

    """

    def __init__(self, api: httpx.AsyncClient, image: str) -> None:
        self._api = api
        self._image = image

    async def ensure(self, challenge: Object) -> None:
        """Let a challenge have what answers it."""
        pods, services, ingresses = paths(challenge["metadata"]["namespace"])
        if not await self._owned(pods, challenge):
            await add(self._api, pods, _pod(challenge, self._image))
        found = await self._owned(services, challenge)
        service = found[0] if found else await add(self._api, services, _service(challenge))
        if not await self._owned(ingresses, challenge):
            await add(self._api, ingresses, _ingress(challenge, service["metadata"]["name"]))

    async def remove(self, challenge: Object) -> None:
        """Remove what answered a challenge."""
        for path in paths(challenge["metadata"]["namespace"]):
            for item in await self._owned(path, challenge):
                await remove(self._api, f"{path}/{item['metadata']['name']}")

    async def _owned(self, path: str, challenge: Object) -> list[Object]:
        selector = ",".join(f"{key}={value}" for key, value in _labels(challenge).items())
        return [item for item in await list_all(self._api, path, selector) if is_owned_by(item, challenge)]


def paths(namespace: str) -> tuple[str, str, str]:
    """Return the paths of a namespace's pods, Services and Ingresses."""
    core = f"/api/v1/namespaces/{namespace}"
    ingresses = f"/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses"
    return f"{core}/pods", f"{core}/services", ingresses


def _labels(challenge: Object) -> dict[str, str]:
    spec = challenge["spec"]
    return {
        "acme.cert-manager.io/http-domain": str(adler32(spec["dnsName"].encode())),
        "acme.cert-manager.io/http-token": str(adler32(spec["token"].encode())),
        "acme.cert-manager.io/http01-solver": "true",
    }


def _metadata(challenge: Object, annotations: dict[str, str]) -> Object:
    return {
        "generateName": PREFIX,
        "labels": _labels(challenge),
        "annotations": annotations,
        "ownerReferences": [CHALLENGES.owner_of(challenge)],
    }


def _pod(challenge: Object, image: str) -> Object:
    spec = challenge["spec"]
    template = _ingress_solver(challenge).get("podTemplate") or {}
    overrides = template.get("spec") or {}
    metadata = _metadata(
        challenge,
        {
            "sidecar.istio.io/inject": "false",
            "cluster-autoscaler.kubernetes.io/safe-to-evict": "true",
            **((template.get("metadata") or {}).get("annotations") or {}),
        },
    )
    metadata["labels"] |= (template.get("metadata") or {}).get("labels") or {}
    answers = {"domain": spec["dnsName"], "token": spec["token"], "key": spec["key"]}
    container = {
        "name": "acmesolver",
        "image": image,
        "imagePullPolicy": "IfNotPresent",
        "args": [f"--listen-port={PORT}", *(f"--{name}={value}" for name, value in answers.items())],
        "ports": [{"name": "http", "containerPort": PORT}],
        "resources": {
            "requests": {"cpu": "10m", "memory": "64Mi"},
            "limits": {"cpu": "100m", "memory": "64Mi"},
        },
        "securityContext": {
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "capabilities": {"drop": ["ALL"]},
        },
    }
    return {
        "metadata": metadata,
        "spec": {
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "restartPolicy": "OnFailure",
            "nodeSelector": {"kubernetes.io/os": "linux", **(overrides.get("nodeSelector") or {})},
            "tolerations": overrides.get("tolerations") or [],
            "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [container],
        },
    }


def _service(challenge: Object) -> Object:
    return {
        "metadata": _metadata(challenge, {"auth.istio.io/8089": "NONE"}),
        "spec": {
            "type": _ingress_solver(challenge).get("serviceType") or "NodePort",
            "ports": [{"name": "http", "port": PORT, "targetPort": PORT}],
            "selector": _labels(challenge),
        },
    }


def _ingress(challenge: Object, service: str) -> Object:
    spec, solver = challenge["spec"], _ingress_solver(challenge)
    template = (solver.get("ingressTemplate") or {}).get("metadata") or {}
    annotations = {"nginx.ingress.kubernetes.io/whitelist-source-range": "0.0.0.0/0,::/0"}
    if solver.get("class"):
        annotations["kubernetes.io/ingress.class"] = solver["class"]
    metadata = _metadata(challenge, annotations | (template.get("annotations") or {}))
    metadata["labels"] |= template.get("labels") or {}
    path = {
        "path": f"/.well-known/acme-challenge/{spec['token']}",
        "pathType": "Exact",
        "backend": {"service": {"name": service, "port": {"number": PORT}}},
    }
    rules = [{"host": spec["dnsName"], "http": {"paths": [path]}}]
    named = {"ingressClassName": solver["ingressClassName"]} if solver.get("ingressClassName") else {}
    return {"metadata": metadata, "spec": {**named, "rules": rules}}


def _ingress_solver(challenge: Object) -> Object:
    return dict((challenge["spec"]["solver"].get("http01") or {}).get("ingress") or {})
