"""What the sandbox shows of itself and does for the commands and the tests: `http://sandbox.internal`.

Azure has nothing like it, and the deployer never calls it.
"""

from __future__ import annotations

import os
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import yaml
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from sandbox.clusters.credentials import as_yaml
from sandbox.network.faults import Fault, Faults
from sandbox.processes import memory_bytes

if TYPE_CHECKING:
    from starlette.requests import Request

    from sandbox.azure.identity.directory import Directory, Principal
    from sandbox.azure.resource_manager.app import ResourceManager
    from sandbox.clock import Clock
    from sandbox.clusters.clusters import Clusters
    from sandbox.internet.certificate_authorities.authorities import CertificateAuthorities
    from sandbox.network.dns import Dns
    from sandbox.network.proxy import Proxy


class ControlApp:
    """The sandbox's own endpoints.

    Args:
        person: who is signed in to the portal.
        directory: issues tokens, and takes new applications.
        resource_manager: whose resources are shown, and whose roles are assigned.
        clusters: whose kubeconfigs are handed out.
        dns: whose records are set.
        proxy: which hosts it refused.
        authorities: what they refuse.
        faults: the script of faults, which is shown and changed.
        clock: pace and time of day, which are changed.

    """

    def __init__(  # noqa: PLR0913 - the parts of the sandbox that it shows
        self,
        person: Principal,
        *,
        directory: Directory,
        resource_manager: ResourceManager,
        clusters: Clusters,
        dns: Dns,
        proxy: Proxy,
        authorities: CertificateAuthorities,
        faults: Faults,
        clock: Clock,
    ) -> None:
        self._person = person
        self._directory = directory
        self._resource_manager = resource_manager
        self._clusters = clusters
        self._dns = dns
        self._proxy = proxy
        self._faults = faults
        self._clock = clock
        self.app = Starlette(
            routes=[
                Route("/state", self._state),
                Route("/kubeconfig", self._kubeconfig),
                Route("/token", self._token, methods=["POST"]),
                Route("/dns-records/{host}", self._set_dns_record, methods=["PUT"]),
                Route("/dns-records/{host}", self._remove_dns_record, methods=["DELETE"]),
                Route("/service-principals", self._add_service_principal, methods=["POST"]),
                Route("/address-limit", self._set_address_limit, methods=["PUT"]),
                Route("/list-age", self._set_list_age, methods=["PUT"]),
                Route("/clock", self._set_clock, methods=["PUT"]),
                Route("/faults", self._show_faults),
                Route("/faults", self._add_fault, methods=["POST"]),
                Route("/faults", self._clear_faults, methods=["DELETE"]),
                Route("/faults/{number:int}", self._remove_fault, methods=["DELETE"]),
                *authorities.control_routes,
            ]
        )

    async def _state(self, _: Request) -> Response:
        """Show all resources, DNS records outside Azure, refused hosts, faults, and the memory of it all."""
        state = self._resource_manager.dump()
        return JSONResponse(
            {
                **state,
                "dns_records": self._dns.foreign,
                "refused": self._proxy.refused,
                "time_scale": self._clock.time_scale,
                "memory_megabytes": _memory(),
                "faults": [scripted.as_json() for scripted in self._faults.all()],
            }
        )

    async def _set_address_limit(self, request: Request) -> Response:
        """Set the quota of public addresses in each region: `{"limit"}`; return the one before."""
        subscription = self._resource_manager.subscription
        before, subscription.address_limit = subscription.address_limit, (await request.json())["limit"]
        return JSONResponse({"limit": before})

    async def _set_list_age(self, request: Request) -> Response:
        """Set how old lists of resources can be, in Azure's seconds: `{"seconds"}`; return the age before."""
        before = self._resource_manager.lists.set_age(float((await request.json())["seconds"]))
        return JSONResponse({"seconds": before})

    async def _set_clock(self, request: Request) -> Response:
        """Set the time scale, also of operations that are under way, or what time it is.

        `{"time_scale": 0.01}`, `{"now": "2026-11-26T20:00:00Z"}`; null returns to the real time.
        """
        wanted = await request.json()
        if "time_scale" in wanted:
            self._clock.set_time_scale(float(wanted["time_scale"]))
        if "now" in wanted:
            self._clock.move_to(datetime.fromisoformat(wanted["now"]) if wanted["now"] else None)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def _show_faults(self, _: Request) -> Response:
        """List the script of faults, each with the requests that it made fail."""
        return JSONResponse([scripted.as_json() for scripted in self._faults.all()])

    async def _add_fault(self, request: Request) -> Response:
        """Add a fault: the fields of `Fault`, of which `kind` and `host` are required."""
        try:
            fault = Fault.from_json(await request.json())
        except ValueError as wrong:
            return PlainTextResponse(f"{wrong}\n", status_code=HTTPStatus.BAD_REQUEST)
        return JSONResponse(self._faults.add(fault).as_json(), status_code=HTTPStatus.CREATED)

    async def _remove_fault(self, request: Request) -> Response:
        """Remove a fault; the answer shows what it did."""
        removed = self._faults.remove(request.path_params["number"])
        if removed is None:
            return Response(status_code=HTTPStatus.NOT_FOUND)
        return JSONResponse(removed.as_json())

    async def _clear_faults(self, _: Request) -> Response:
        """Remove all faults."""
        self._faults.clear()
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def _kubeconfig(self, _: Request) -> Response:
        """Merge the kubeconfigs of all clusters."""
        merged: dict[str, Any] = {"apiVersion": "v1", "kind": "Config", "current-context": ""}
        for cluster in self._clusters.all():
            one = yaml.load(cluster.kubeconfig(), Loader=yaml.CSafeLoader)
            for part in ("clusters", "users", "contexts"):
                merged.setdefault(part, []).extend(one[part])
            merged["current-context"] = one["current-context"]
        return PlainTextResponse(as_yaml(merged))

    async def _token(self, request: Request) -> Response:
        """Issue a token of the person who is signed in to the portal: `{"audience"}`."""
        wanted = await request.json()
        token = self._directory.issue_token(self._person, wanted["audience"])
        return JSONResponse({"token": token, "object_id": self._person.object_id})

    async def _set_dns_record(self, request: Request) -> Response:
        """Set a CNAME record at a DNS server outside Azure: `{"cname"}`."""
        wanted = await request.json()
        try:
            self._dns.set_record(request.path_params["host"], wanted["cname"])
        except ValueError as impossible:
            return PlainTextResponse(f"{impossible}\n", status_code=HTTPStatus.CONFLICT)
        return Response(status_code=HTTPStatus.NO_CONTENT)

    async def _remove_dns_record(self, request: Request) -> Response:
        """Remove a CNAME record from a DNS server outside Azure."""
        removed = self._dns.remove_record(request.path_params["host"])
        return Response(status_code=HTTPStatus.NO_CONTENT if removed else HTTPStatus.NOT_FOUND)

    async def _add_service_principal(self, request: Request) -> Response:
        """Create an application with roles: `{"name", "roles": [{"role", "scope"}]}`."""
        wanted = await request.json()
        principal, secret = self._directory.add_service_principal(wanted["name"])
        for role in wanted.get("roles", []):
            self._resource_manager.grant(principal, role["role"], role.get("scope", ""))
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


def _memory() -> dict[str, float]:
    """Return the memory of the sandbox: in all, and by program."""
    sizes = memory_bytes(os.getpid())
    ordered = sorted(sizes.items(), key=lambda item: item[1], reverse=True)
    return {name: round(size / 1e6, 1) for name, size in (("all", sum(sizes.values())), *ordered)}
