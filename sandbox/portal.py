"""Plays the portal: deploys the template in a person's name, and follows what the container says.

All of it over the sandbox's network, through the APIs that the portal uses.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import httpx

from sandbox.client import CHECKOUT, RunningSandbox, SandboxError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MANAGEMENT = "https://management.azure.com"
STORAGE_AUDIENCE = "https://storage.azure.com"
GROUPS_API = DEPLOYMENTS_API = "2025-04-01"
CONTAINERS_API = "2025-09-01"
BLOB_API = "2025-05-05"
TEMPLATE = CHECKOUT / "azuredeploy.json"

POLL_SECONDS = 0.5
DEPLOYMENT_PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Click:
    """What was filled in.

    Attributes:
        parameters: of the template, by name.
        resource_group: made where it is not there.
        location: its region.
        template: the template's file.

    """

    parameters: Mapping[str, Any]
    resource_group: str = "binderhub"
    location: str = "westeurope"
    template: Path = TEMPLATE


@dataclass
class Clicked:
    """What came of a click.

    Attributes:
        outputs: of the template, by name.
        events: of the deployer, as its log has them.

    """

    outputs: dict[str, Any]
    events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def account(self) -> str:
        """The storage account with the deployer's outputs."""
        return str(self.outputs["storageAccount"]["value"])

    @property
    def succeeded(self) -> bool:
        """Whether the deployer's run was done in the end."""
        return bool(self.events) and self.events[-1].get("kind") == "run_done"


class Portal:
    """The portal, with the sandbox's person signed in.

    Args:
        sandbox: where Azure is.

    """

    def __init__(self, sandbox: RunningSandbox) -> None:
        self._sandbox = sandbox
        self._client = sandbox.client()
        self._subscription = sandbox.settings["AZURE_SUBSCRIPTION"]

    def deploy(self, click: Click) -> Clicked:
        """Deploy the template; return when Azure is done with it, the container having started.

        Raises:
            SandboxError: Azure refused, or a resource failed.

        """
        group = f"/subscriptions/{self._subscription}/resourceGroups/{click.resource_group}"
        self._put(group, GROUPS_API, {"location": click.location})
        name = f"binderhub-{int(time.time() * 1000)}"
        deployment = f"{group}/providers/Microsoft.Resources/deployments/{name}"
        properties = {
            "mode": "Incremental",
            "template": json.loads(click.template.read_text(encoding="utf-8")),
            "parameters": {key: {"value": value} for key, value in click.parameters.items()},
        }
        self._put(deployment, DEPLOYMENTS_API, {"properties": properties})
        return Clicked(self._await_deployment(deployment)["properties"]["outputs"])

    def follow(self, click: Click, clicked: Clicked) -> Iterator[dict[str, Any]]:
        """Yield the deployer's events as they come, until its container has ended."""
        group = self._newest_container_group(click)
        shown = 0
        while True:
            ended = self._get(group, CONTAINERS_API)["properties"]["instanceView"]["state"] != "Running"
            log = self._get(f"{group}/containers/deployer/logs", CONTAINERS_API)["content"]
            lines = log[: log.rfind("\n") + 1].splitlines() if not ended else log.splitlines()
            for line in lines[shown:]:
                event = _event(line)
                clicked.events.append(event)
                yield event
            shown = len(lines)
            if ended:
                return
            time.sleep(POLL_SECONDS)

    def read_blob(self, account: str, name: str) -> bytes:
        """Read a blob of the outputs, with the person's own role."""
        return self._blob(account, f"/outputs/{quote(name)}").content

    def list_blobs(self, account: str, prefix: str) -> list[str]:
        """List the outputs below a prefix."""
        query = f"/outputs?restype=container&comp=list&prefix={quote(prefix)}"
        listed = ET.fromstring(self._blob(account, query).content)
        return [str(name.text) for name in listed.iter("Name")]

    def visit(self, url: str) -> str:
        """Open a page as a visitor; say what came."""
        try:
            answer = self._client.get(url)
        except httpx.HTTPError as error:
            return f"no answer: {error}"
        return f"{answer.status_code} {answer.reason_phrase}"

    def _newest_container_group(self, click: Click) -> str:
        path = (
            f"/subscriptions/{self._subscription}/resourceGroups/{click.resource_group}"
            "/providers/Microsoft.ContainerInstance/containerGroups"
        )
        groups = self._get(path, CONTAINERS_API)["value"]
        hub = click.parameters.get("binderHubName")
        mine = [group["id"] for group in groups if group.get("tags", {}).get("binderhub-name") == hub]
        return str(max(mine))

    def _await_deployment(self, deployment: str) -> dict[str, Any]:
        ends = time.monotonic() + DEPLOYMENT_PATIENCE_SECONDS
        while time.monotonic() < ends:
            found = self._get(deployment, DEPLOYMENTS_API)
            state = found["properties"]["provisioningState"]
            if state == "Succeeded":
                return found
            if state in {"Failed", "Canceled"}:
                raise SandboxError(json.dumps(found["properties"].get("error"), indent=2))
            time.sleep(POLL_SECONDS / 2)
        raise SandboxError("The template's deployment does not end.")

    def _get(self, path: str, api_version: str) -> dict[str, Any]:
        return self._arm("GET", path, api_version)

    def _put(self, path: str, api_version: str, body: object) -> dict[str, Any]:
        return self._arm("PUT", path, api_version, body)

    def _arm(self, method: str, path: str, api_version: str, body: object = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self._token(MANAGEMENT)}"}
        url = f"{MANAGEMENT}{path}"
        parameters = {"api-version": api_version}
        answer = self._client.request(method, url, params=parameters, json=body, headers=headers)
        if answer.is_error:
            raise SandboxError(f"Azure answers {answer.status_code}:\n{answer.text}")
        return dict(answer.json())

    def _blob(self, account: str, path: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token(STORAGE_AUDIENCE)}", "x-ms-version": BLOB_API}
        answer = self._client.get(f"https://{account}.blob.core.windows.net{path}", headers=headers)
        if answer.is_error:
            raise SandboxError(f"{path} answers {answer.status_code}:\n{answer.text}")
        return answer

    def _token(self, audience: str) -> str:
        return str(self._sandbox.ask("POST", "/token", {"audience": audience}).json()["token"])


def _event(line: str) -> dict[str, Any]:
    """Read a line of the deployer's log; one that is not an event is shown as it is."""
    try:
        event = json.loads(line)
    except ValueError:
        event = None
    return event if isinstance(event, dict) else {"kind": "text", "message": line}
