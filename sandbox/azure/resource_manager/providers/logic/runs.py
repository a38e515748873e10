"""One run of a workflow: sends the requests of its actions as its identity, and keeps how they went."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core.state import timestamp
from sandbox.azure.resource_manager.providers.logic.definitions import MANAGED_IDENTITY

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import httpx

    from sandbox.azure.resource_manager.core.state import Resource

# Names of runs end in these digits in Azure; the next older run has a higher number.
NAME_BYTES = 20
SUCCEEDED, FAILED = "Succeeded", "Failed"
PENDING_STATUSES = {HTTPStatus.ACCEPTED}
POLL_SECONDS = 0.1


@dataclass
class Run:
    """A run.

    Attributes:
        trigger: its name.
        started: when.
        status: Running, Succeeded or Failed.
        codes: each action that has ended -> the name of its HTTP status, as Azure shows it: "Forbidden".
        name: unique.

    """

    trigger: str
    started: datetime
    status: str = "Running"
    codes: dict[str, str] = field(default_factory=dict)
    name: str = field(default_factory=lambda: secrets.token_hex(NAME_BYTES).upper())

    def shown(self, workflow: Resource) -> dict[str, Any]:
        """Return the run as a list shows it."""
        properties = {
            "startTime": timestamp(self.started),
            "status": self.status,
            "trigger": {"name": self.trigger, "status": SUCCEEDED},
            "workflow": {"id": str(workflow.id)},
        }
        if self.status == FAILED:
            properties["code"] = "ActionFailed"
        kind = f"{workflow.id.type}/runs"
        return {
            "id": f"{workflow.id}/runs/{self.name}",
            "name": self.name,
            "type": kind,
            "properties": properties,
        }

    def actions(self, workflow: Resource) -> list[dict[str, Any]]:
        """Return its actions as a list shows them."""
        return [
            {
                "id": f"{workflow.id}/runs/{self.name}/actions/{name}",
                "name": name,
                "type": f"{workflow.id.type}/runs/actions",
                "properties": {"status": FAILED if _is_refusal(code) else SUCCEEDED, "code": code},
            }
            for name, code in self.codes.items()
        ]

    async def carry_out(
        self, workflow: Resource, client: httpx.AsyncClient, token: Callable[[dict[str, Any]], str]
    ) -> None:
        """Send the request of each action, one after the other, until one fails.

        Args:
            workflow: which runs.
            client: reaches Resource Manager.
            token: returns the token for the authentication of an action.

        """
        for name, action in workflow.properties["definition"]["actions"].items():
            status = await _send(action["inputs"], client, token)
            self.codes[name] = HTTPStatus(status).phrase.replace(" ", "")
            if status >= HTTPStatus.BAD_REQUEST:
                self.status = FAILED
                return
        self.status = SUCCEEDED


def _is_refusal(code: str) -> bool:
    return any(each >= HTTPStatus.BAD_REQUEST and each.phrase.replace(" ", "") == code for each in HTTPStatus)


async def _send(
    inputs: dict[str, Any], client: httpx.AsyncClient, token: Callable[[dict[str, Any]], str]
) -> int:
    """Send a request; follow an accepted one to its end, as Azure does by default."""
    authentication = inputs.get("authentication") or {}
    headers = dict(inputs.get("headers") or {})
    if authentication.get("type") == MANAGED_IDENTITY:
        headers["Authorization"] = f"Bearer {token(authentication)}"
    answer = await client.request(
        inputs["method"],
        inputs["uri"],
        params=inputs.get("queries"),
        headers=headers,
        json=inputs.get("body"),
    )
    while answer.status_code in PENDING_STATUSES and "Location" in answer.headers:
        await asyncio.sleep(POLL_SECONDS)
        answer = await client.get(answer.headers["Location"], headers=headers)
    return answer.status_code
