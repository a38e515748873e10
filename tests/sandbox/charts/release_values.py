"""Values of Traefik and cert-manager as a hub with HTTPS gives them."""

from __future__ import annotations

from typing import Any

LABEL = "service.beta.kubernetes.io/azure-dns-label-name"
ON_CORE_NODES = {"nodeSelector": {"hub.jupyter.org/node-purpose": "core"}}
BOTH_SERVICES = {"default": True, "hub": True}

TRAEFIK: dict[str, Any] = {
    "deployment": {"replicas": 2},
    "ingressClass": {"enabled": True, "isDefaultClass": False, "name": "traefik"},
    "providers": {"kubernetesIngress": {"enabled": True}, "kubernetesCRD": {"enabled": False}},
    "ports": {
        "web": {
            "expose": BOTH_SERVICES,
            "http": {
                "redirections": {
                    "entryPoint": {"to": "websecure", "scheme": "https", "permanent": True, "priority": 1}
                }
            },
        },
        "websecure": {
            "expose": BOTH_SERVICES,
            "transport": {"respondingTimeouts": {"readTimeout": 600, "idleTimeout": 600}},
        },
    },
    "service": {
        "annotations": {LABEL: "our-hub"},
        "additionalServices": {
            "hub": {"spec": {"type": "LoadBalancer"}, "annotations": {LABEL: "our-hub-hub"}},
        },
    },
    "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
    **ON_CORE_NODES,
}


def _requests(memory: str) -> dict[str, Any]:
    return {**ON_CORE_NODES, "resources": {"requests": {"cpu": "10m", "memory": memory}}}


CERT_MANAGER: dict[str, Any] = {
    "crds": {"enabled": True, "keep": False},
    **_requests("64Mi"),
    "webhook": _requests("32Mi"),
    "cainjector": _requests("64Mi"),
    "startupapicheck": _requests("32Mi"),
}
VALUES = {"traefik": TRAEFIK, "cert-manager": CERT_MANAGER}
