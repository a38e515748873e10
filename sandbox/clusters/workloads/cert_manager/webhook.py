"""Plays the webhook: some seconds after its pod is ready it answers the API server's reviews, over TLS.

Until then, and without the certificate that is injected into its configurations, whatever is to be written of
cert-manager's objects is refused by the API server itself.
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sandbox.clusters.kubernetes_api import create, patch
from sandbox.clusters.workloads.cert_manager.admission import objections
from sandbox.clusters.workloads.cert_manager.ca_injection import ALLOWS_INJECTION, AUTHORITY
from sandbox.clusters.workloads.cert_manager.secret_data import (
    CERTIFICATE,
    encoded,
    find_secret,
    secrets_path,
)
from sandbox.network.authority import CertificateAuthority
from sandbox.network.listener import Listener

if TYPE_CHECKING:
    from pathlib import Path

    import httpx
    from starlette.requests import Request

    from sandbox.clusters.kubernetes_api import Object

FORBIDDEN = 403


class Webhook:
    """The webhook of one cluster.

    Args:
        api: client of the cluster's API.
        folder: where its authority's certificate is written.

    """

    def __init__(self, api: httpx.AsyncClient, folder: Path) -> None:
        self._api = api
        self._authority = CertificateAuthority(folder)
        routes = [
            Route("/validate", _validate, methods=["POST"]),
            Route("/mutate", _mutate, methods=["POST"]),
        ]
        self._listener = Listener(Starlette(routes=routes), self._authority)

    async def start(self, namespace: str, secret: str) -> int:
        """Publish the authority's certificate in a Secret, and listen; return the port."""
        certificate = self._authority.ca_file.read_bytes()
        metadata: Object = {"name": secret, "annotations": {ALLOWS_INJECTION: "true"}}
        body = {"metadata": metadata, "data": encoded({AUTHORITY: certificate, CERTIFICATE: certificate})}
        if await find_secret(self._api, namespace, secret):
            await patch(self._api, f"{secrets_path(namespace)}/{secret}", body)
        else:
            await create(self._api, secrets_path(namespace), body)
        return await self._listener.start()

    async def close(self) -> None:
        """Listen no more."""
        await self._listener.close()


async def _validate(request: Request) -> Response:
    asked = (await request.json())["request"]
    wrong = objections(asked.get("object") or {})
    answer: Object = {"uid": asked["uid"], "allowed": not wrong}
    if wrong:
        answer["status"] = {"code": FORBIDDEN, "reason": "Forbidden", "message": wrong}
    return _review(answer)


async def _mutate(request: Request) -> Response:
    """Write into a CertificateRequest who asks: it is not theirs to say."""
    asked = (await request.json())["request"]
    user = asked["userInfo"]
    operations = [
        {"op": "add", "path": f"/spec/{field}", "value": user[key]}
        for field, key in (("username", "username"), ("uid", "uid"), ("groups", "groups"), ("extra", "extra"))
        if user.get(key)
    ]
    encoded_patch = base64.b64encode(json.dumps(operations).encode()).decode()
    return _review({"uid": asked["uid"], "allowed": True, "patchType": "JSONPatch", "patch": encoded_patch})


def _review(answer: Object) -> Response:
    return JSONResponse({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer})
