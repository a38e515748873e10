"""Answers in place of the pods that run no program here: BinderHub, JupyterHub, cert-manager's solvers."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from sandbox.hub.binderhub import BinderHub, JupyterHub
from sandbox.hub.release_reader import ReleaseReader
from sandbox.hub.solver import SOLVER_LABEL, Solver
from sandbox.network.unreachable import Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import httpx
    from starlette.requests import Request
    from starlette.responses import Response

    from sandbox.hub.binderhub import CheckLogin, LeadsToHub

BINDER, PROXY = "binder", "proxy"


@dataclass(frozen=True)
class Pods:
    """Pods that all answer alike.

    Attributes:
        api: client of the cluster's API.
        namespace: their namespace.
        labels: their labels.
        arguments: command and arguments of their first container.

    """

    api: httpx.AsyncClient
    namespace: str
    labels: Mapping[str, str]
    arguments: Sequence[str]


class PodAnswers:
    """What pods answer.

    Args:
        check_login: returns whether a registry accepts a login.
        leads_to_hub: returns whether an address leads to a JupyterHub.

    """

    def __init__(self, check_login: CheckLogin, leads_to_hub: LeadsToHub) -> None:
        self._check_login = check_login
        self._leads_to_hub = leads_to_hub

    async def answer(self, pods: Pods, request: Request) -> Response:
        """Answer a GET.

        Raises:
            Unreachable: these pods answer nothing here.

        """
        label, value = SOLVER_LABEL
        if pods.labels.get(label) == value:
            return Solver(pods.arguments).answer(request.url.hostname or "", request.url.path)
        release = ReleaseReader(pods.api, pods.namespace)
        component = pods.labels.get("component", "")
        if component == BINDER:
            return await BinderHub(release, self._check_login, self._leads_to_hub).answer(request.url.path)
        if component == PROXY:
            return await JupyterHub(release).answer(request.url.path)
        raise Unreachable(
            HTTPStatus.SERVICE_UNAVAILABLE, f"The sandbox does not know what the pods {component!r} answer."
        )
