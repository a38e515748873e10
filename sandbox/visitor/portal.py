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
from sandbox.visitor.log_reader import LogReader

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
# A busy machine, and a time scale of 1 (a container group starts in 40 seconds then).
DEPLOYMENT_PATIENCE_SECONDS = 300.0
# A cluster takes 4 minutes at a time scale of 1.
CONTAINER_PATIENCE_SECONDS = 1800.0
RUN_EVENTS = {"run_started", "run_done", "run_failed", "run_interrupted"}


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
        container_group: id of the group that the template has started; None where it starts none.
        events: of the deployer, as its log has them.
        exit_code: of the container, once it has ended.

    """

    outputs: dict[str, Any]
    container_group: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    exit_code: int | None = None

    @property
    def account(self) -> str:
        """The storage account with the deployer's outputs."""
        return str(self.outputs["storageAccount"]["value"])

    @property
    def succeeded(self) -> bool:
        """Whether the deployer's last run was done in the end."""
        kinds = [event.get("kind") for event in self.events]
        return next((kind for kind in reversed(kinds) if kind in RUN_EVENTS), None) == "run_done"


class Portal:
    """The portal, with the sandbox's person signed in.

    Args:
        sandbox: where Azure is.
        principal: SP_… settings of a service principal to ask as; None for the person who is signed in.

    """

    def __init__(self, sandbox: RunningSandbox, principal: Mapping[str, str] | None = None) -> None:
        self._sandbox = sandbox
        self._principal = principal
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
        done = self._await_deployment(deployment)["properties"]
        made = [resource["id"] for resource in done["outputResources"]]
        groups = [each for each in made if "/Microsoft.ContainerInstance/containerGroups/" in each]
        return Clicked(done.get("outputs", {}), groups[0] if groups else None)

    def follow(self, clicked: Clicked) -> Iterator[dict[str, Any]]:
        """Yield the deployer's events as they come, until its container has ended.

        Raises:
            SandboxError: it does not end.

        """
        group, log = clicked.container_group, LogReader()
        ends = time.monotonic() + CONTAINER_PATIENCE_SECONDS
        while group is not None and clicked.exit_code is None:
            if time.monotonic() > ends:
                raise SandboxError(f"The container of {group} does not end.")
            # Its state first: what it writes between both questions is then in the log.
            (container,) = self._get(group, CONTAINERS_API)["properties"]["containers"]
            text = self._get(f"{group}/containers/{container['name']}/logs", CONTAINERS_API)["content"]
            current = container["properties"].get("instanceView", {}).get("currentState", {})
            clicked.exit_code = current.get("exitCode")
            new = log.read(text or "")
            new += log.close() if clicked.exit_code is not None else []
            clicked.events += new
            yield from new
            if clicked.exit_code is None:
                time.sleep(POLL_SECONDS)

    def read_blob(self, account: str, name: str) -> bytes:
        """Read a blob of the outputs, with the person's own role."""
        return self._blob(account, f"/outputs/{quote(name)}").content

    def list_blobs(self, account: str, prefix: str) -> list[str]:
        """List the outputs below a prefix."""
        query = f"/outputs?restype=container&comp=list&prefix={quote(prefix)}"
        listed = ET.fromstring(self._blob(account, query).content)  # noqa: S314 - the sandbox's own answer
        return [str(name.text) for name in listed.iter("Name")]

    def remove_group(self, name: str) -> None:
        """Delete a resource group with all that is in it; return when it is gone.

        Raises:
            SandboxError: Azure refused, or it does not go.

        """
        group = f"/subscriptions/{self._subscription}/resourceGroups/{name}"
        self.arm("DELETE", group, GROUPS_API)
        ends = time.monotonic() + DEPLOYMENT_PATIENCE_SECONDS
        while time.monotonic() < ends:
            if not any(one["name"] == name for one in self._groups()):
                return
            time.sleep(POLL_SECONDS / 2)
        raise SandboxError(f"The group {name} does not go.")

    def visit(self, url: str) -> str:
        """Open a page as a visitor; say what came."""
        try:
            answer = self._request("GET", url)
        except httpx.HTTPError as error:
            return f"no answer: {error}"
        return f"{answer.status_code} {answer.reason_phrase}"

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

    def _groups(self) -> list[dict[str, Any]]:
        return list(self._get(f"/subscriptions/{self._subscription}/resourceGroups", GROUPS_API)["value"])

    def _get(self, path: str, api_version: str) -> dict[str, Any]:
        return self.arm("GET", path, api_version)

    def _put(self, path: str, api_version: str, body: object) -> dict[str, Any]:
        return self.arm("PUT", path, api_version, body)

    def exists(self, path: str, api_version: str) -> bool:
        """Whether there is a resource that this person may read."""
        headers = {"Authorization": f"Bearer {self._token(MANAGEMENT)}"}
        answer = self._request(
            "GET", f"{MANAGEMENT}{path}", params={"api-version": api_version}, headers=headers
        )
        return answer.is_success

    def arm(self, method: str, path: str, api_version: str, body: object = None) -> dict[str, Any]:
        """Ask Resource Manager.

        Raises:
            SandboxError: Azure refused.

        """
        headers = {"Authorization": f"Bearer {self._token(MANAGEMENT)}"}
        url = f"{MANAGEMENT}{path}"
        parameters = {"api-version": api_version}
        answer = self._request(method, url, params=parameters, json=body, headers=headers)
        if answer.is_error:
            raise SandboxError(f"Azure answers {answer.status_code}:\n{answer.text}")
        return dict(answer.json()) if answer.content else {}

    def _blob(self, account: str, path: str) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token(STORAGE_AUDIENCE)}", "x-ms-version": BLOB_API}
        answer = self._request("GET", f"https://{account}.blob.core.windows.net{path}", headers=headers)
        if answer.is_error:
            raise SandboxError(f"{path} answers {answer.status_code}:\n{answer.text}")
        return answer

    def _request(self, method: str, url: str, **details: Any) -> httpx.Response:
        with self._sandbox.client() as client:
            return client.request(method, url, **details)

    def _token(self, audience: str) -> str:
        if self._principal is None:
            return str(self._sandbox.ask("POST", "/token", {"audience": audience}).json()["token"])
        form = {
            "grant_type": "client_credentials",
            "client_id": self._principal["SP_APP_ID"],
            "client_secret": self._principal["SP_APP_KEY"],
            "scope": f"{audience}/.default",
        }
        login = f"https://login.microsoftonline.com/{self._principal['SP_TENANT_ID']}/oauth2/v2.0/token"
        return str(self._request("POST", login, data=form).raise_for_status().json()["access_token"])
