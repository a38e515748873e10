"""What the sandbox tells about itself, and does for `click` and the tests: `http://sandbox.internal`.

Nothing here exists in Azure; the product never asks it.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import yaml
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.azure.identity.directory import Principal
    from sandbox.server import Sandbox


class ControlApp:
    """The sandbox's own endpoints.

    Args:
        sandbox: what is told about.
        person: who is signed in to the portal.

    """

    def __init__(self, sandbox: Sandbox, person: Principal) -> None:
        self._sandbox = sandbox
        self._person = person
        self.app = Starlette(
            routes=[
                Route("/state", self._state),
                Route("/kubeconfig", self._kubeconfig),
                Route("/token", self._token, methods=["POST"]),
                Route("/dns-records/{host}", self._set_dns_record, methods=["PUT"]),
                Route("/dns-records/{host}", self._remove_dns_record, methods=["DELETE"]),
                Route("/service-principals", self._add_service_principal, methods=["POST"]),
                *sandbox.certificate_authorities.control_routes,
            ]
        )

    async def _state(self, _: Request) -> Response:
        """Tell all that exists, the DNS records that are not Azure's, and which names were refused."""
        state = self._sandbox.resource_manager.dump()
        records = self._sandbox.names.foreign
        return JSONResponse({**state, "dns_records": records, "refused": self._sandbox.proxy.refused})

    async def _kubeconfig(self, _: Request) -> Response:
        """Merge the kubeconfigs of all clusters."""
        merged: dict[str, Any] = {"apiVersion": "v1", "kind": "Config", "current-context": ""}
        for cluster in self._sandbox.clusters.all():
            one = yaml.safe_load(cluster.kubeconfig())
            _rename_user(one)
            for part in ("clusters", "users", "contexts"):
                merged.setdefault(part, []).extend(one[part])
            merged["current-context"] = one["current-context"]
        return PlainTextResponse(yaml.safe_dump(merged))

    async def _token(self, request: Request) -> Response:
        """Give the portal's token of whoever is signed in there: `{"audience"}`."""
        wanted = await request.json()
        token = self._sandbox.directory.issue_token(self._person, wanted["audience"])
        return JSONResponse({"token": token, "object_id": self._person.object_id})

    async def _set_dns_record(self, request: Request) -> Response:
        """Make a CNAME record at a DNS server that is not Azure's: `{"cname"}`."""
        wanted = await request.json()
        try:
            self._sandbox.names.set_record(request.path_params["host"], wanted["cname"])
        except ValueError as impossible:
            return PlainTextResponse(f"{impossible}\n", status_code=HTTPStatus.CONFLICT)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def _remove_dns_record(self, request: Request) -> Response:
        """Remove such a record."""
        removed = self._sandbox.names.remove_record(request.path_params["host"])
        return Response(status_code=HTTPStatus.NO_CONTENT if removed else HTTPStatus.NOT_FOUND)

    async def _add_service_principal(self, request: Request) -> Response:
        """Make an application with roles: `{"name", "roles": [{"role", "scope"}]}`."""
        wanted = await request.json()
        principal, secret = self._sandbox.directory.add_service_principal(wanted["name"])
        for role in wanted.get("roles", []):
            self._sandbox.resource_manager.grant(principal, role["role"], role.get("scope", ""))
        return JSONResponse(
            {
                "object_id": principal.object_id,
                "settings": {
                    "SP_APP_ID": principal.client_id,
                    "SP_APP_KEY": secret,
                    "SP_TENANT_ID": principal.tenant_id,
                },
            }
        )


def _rename_user(config: dict[str, Any]) -> None:
    """Let each cluster's administrator have a name of its own."""
    name = f"{config['current-context']}-{config['users'][0]['name']}"
    config["users"][0]["name"] = config["contexts"][0]["context"]["user"] = name
