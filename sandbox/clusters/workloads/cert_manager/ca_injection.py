"""Plays cainjector: writes the webhook's authority into the configurations that ask for it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sandbox.clusters.kubernetes_api import annotation_of
from sandbox.clusters.workloads.cert_manager.reconciling import keep_reconciling
from sandbox.clusters.workloads.cert_manager.resources import NOT_FOUND, list_all
from sandbox.clusters.workloads.cert_manager.secret_data import find_secret

if TYPE_CHECKING:
    import httpx

    from sandbox.clusters.kubernetes_api import Object

GROUP = "/apis/admissionregistration.k8s.io/v1"
CONFIGURATIONS = tuple(f"{GROUP}/{kind}webhookconfigurations" for kind in ("validating", "mutating"))
INJECT_FROM = "cert-manager.io/inject-ca-from-secret"
ALLOWS_INJECTION = "cert-manager.io/allow-direct-injection"
AUTHORITY = "ca.crt"
JSON_PATCH = {"Content-Type": "application/json-patch+json"}


class Injection:
    """Injects authorities.

    Args:
        api: client of the cluster's API.

    """

    def __init__(self, api: httpx.AsyncClient) -> None:
        self._api = api

    async def run(self) -> None:
        """Inject for as long as cainjector runs."""
        await keep_reconciling(self._api, (*CONFIGURATIONS, "/api/v1/secrets"), self._reconcile)

    async def _reconcile(self) -> None:
        for path in CONFIGURATIONS:
            for configuration in await list_all(self._api, path):
                if source := annotation_of(configuration, INJECT_FROM):
                    await self._inject(path, configuration, source)

    async def _inject(self, path: str, configuration: Object, source: str) -> None:
        namespace, _, name = source.partition("/")
        secret = await find_secret(self._api, namespace, name)
        if secret is None or annotation_of(secret, ALLOWS_INJECTION) != "true":
            return
        authority = (secret.get("data") or {}).get(AUTHORITY)
        operations = [
            {"op": "add", "path": f"/webhooks/{number}/clientConfig/caBundle", "value": authority}
            for number, webhook in enumerate(configuration.get("webhooks") or ())
            if webhook["clientConfig"].get("caBundle") != authority
        ]
        if authority and operations:
            target = f"{path}/{configuration['metadata']['name']}"
            answer = await self._api.patch(target, content=json.dumps(operations), headers=JSON_PATCH)
            if answer.status_code != NOT_FOUND:
                answer.raise_for_status()
