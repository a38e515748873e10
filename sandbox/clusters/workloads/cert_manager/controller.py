"""Plays cert-manager in a cluster: each of its programs works while its Deployment has a ready pod."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from sandbox.clusters.kubernetes_api import watch
from sandbox.clusters.workloads.cert_manager.accounts import Accounts
from sandbox.clusters.workloads.cert_manager.ca_injection import Injection
from sandbox.clusters.workloads.cert_manager.certificates import Certificates
from sandbox.clusters.workloads.cert_manager.challenges import Challenges
from sandbox.clusters.workloads.cert_manager.issuers import Issuers
from sandbox.clusters.workloads.cert_manager.orders import Orders
from sandbox.clusters.workloads.cert_manager.requests import Requests
from sandbox.clusters.workloads.cert_manager.solvers import Solvers
from sandbox.clusters.workloads.cert_manager.webhook import Webhook

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from pathlib import Path

    import httpx

    from sandbox.clock import Clock
    from sandbox.clusters.kubernetes_api import Object, Snapshot
    from sandbox.internet.certificate_authorities.authorities import CertificateAuthorities

    Program = Callable[[Object], Coroutine[None, None, None]]

DEPLOYMENTS = "/apis/apps/v1/deployments"
NAMESPACE_ARGUMENT = "--cluster-resource-namespace="
SOLVER_ARGUMENT = "--acme-http01-solver-image="
SECRET_ARGUMENT = "--dynamic-serving-ca-secret-name="
POD_NAMESPACE = "$(POD_NAMESPACE)"


class CertManager:
    """cert-manager's programs.

    Args:
        api: client of the cluster's API.
        clock: how long things take.
        authorities: those of the internet.
        folder: where the webhook's authority is kept.
        players: where the webhook's port is announced, by its Service's namespace and name.

    """

    def __init__(
        self,
        api: httpx.AsyncClient,
        clock: Clock,
        authorities: CertificateAuthorities,
        *,
        folder: Path,
        players: dict[tuple[str, str], int],
    ) -> None:
        self._api = api
        self._clock = clock
        self._authorities = authorities
        self._folder = folder
        self._players = players
        self._programs: dict[str, Program] = {
            "cert-manager-controller": self._control,
            "cert-manager-webhook": self._answer_reviews,
            "cert-manager-cainjector": self._inject,
        }

    async def run(self) -> None:
        """Run each program for as long as its Deployment is available."""
        running: dict[str, asyncio.Task[None]] = {}
        async with asyncio.TaskGroup() as group:
            async for deployments in watch(self._api, DEPLOYMENTS):
                available = self._available(deployments)
                for uid in running.keys() - available.keys():
                    running.pop(uid).cancel()
                for uid in available.keys() - running.keys():
                    deployment = available[uid]
                    running[uid] = group.create_task(
                        self._programs[_container(deployment)["name"]](deployment)
                    )

    def _available(self, deployments: Snapshot) -> Snapshot:
        return {
            uid: deployment
            for uid, deployment in deployments.items()
            if _container(deployment)["name"] in self._programs
            and (deployment.get("status") or {}).get("availableReplicas")
        }

    async def _control(self, deployment: Object) -> None:
        """Run the controllers with what their Deployment's arguments say."""
        namespace = _argument(deployment, NAMESPACE_ARGUMENT)
        accounts = Accounts(self._api, self._authorities, namespace)
        solvers = Solvers(self._api, _argument(deployment, SOLVER_ARGUMENT))
        async with asyncio.TaskGroup() as group:
            for controller in (
                Issuers(self._api, self._clock, self._authorities, accounts),
                Certificates(self._api),
                Requests(self._api, accounts),
                Orders(self._api, self._clock, accounts),
                Challenges(self._api, self._clock, self._authorities.web, accounts, solvers),
            ):
                group.create_task(controller.run())

    async def _answer_reviews(self, deployment: Object) -> None:
        """Listen some seconds after the pod is ready, as the real one does."""
        await self._clock.spend("cert_manager.webhook")
        metadata = deployment["metadata"]
        webhook = Webhook(self._api, self._folder)
        service = (metadata["namespace"], metadata["name"])
        try:
            port = await webhook.start(metadata["namespace"], _argument(deployment, SECRET_ARGUMENT))
            self._players[service] = port
            await asyncio.Event().wait()
        finally:
            self._players.pop(service, None)
            await webhook.close()

    async def _inject(self, _: Object) -> None:
        await Injection(self._api).run()


def _container(deployment: Object) -> Object:
    return dict(deployment["spec"]["template"]["spec"]["containers"][0])


def _argument(deployment: Object, name: str) -> str:
    """Return what a Deployment's container is told under a name."""
    for argument in _container(deployment).get("args") or ():
        if argument.startswith(name):
            value: str = argument.removeprefix(name)
            return value.replace(POD_NAMESPACE, deployment["metadata"]["namespace"])
    return ""
