"""Plays the portal: deploys the template in a person's name, and follows the log of the container.

Uses the network of the sandbox and the APIs that the portal uses.
"""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4
from xml.etree import ElementTree as ET

import httpx

from sandbox.client import CHECKOUT, RunningSandbox, SandboxError
from sandbox.visitor.log_reader import LogReader

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MANAGEMENT = "https://management.azure.com"
STORAGE_AUDIENCE = "https://storage.azure.com"
OUTPUTS = "outputs"
GROUPS_API = DEPLOYMENTS_API = "2025-04-01"
CONTAINERS_API = "2025-09-01"
BLOB_API = "2025-05-05"
TEMPLATE = CHECKOUT / "azuredeploy.json"

POLL_SECONDS = 0.5
# With a time scale of 1 a container group takes 40 seconds to start, and the machine may be busy.
DEPLOYMENT_TIMEOUT_SECONDS = 300.0
# With a time scale of 1 a cluster takes 4 minutes.
CONTAINER_TIMEOUT_SECONDS = 1800.0
RUN_EVENTS = {"run_started", "run_done", "run_failed", "run_interrupted"}


@dataclass(frozen=True)
class Click:
    """A click of the button, with the form filled in.

    Attributes:
        parameters: values of the template's parameters, by name.
        resource_group: created if it does not exist.
        location: its region.
        template: file of the template.

    """

    parameters: Mapping[str, Any]
    resource_group: str = "binderhub"
    location: str = "westeurope"
    template: Path = TEMPLATE


@dataclass
class Clicked:
    """The outcome of a click.

    Attributes:
        outputs: outputs of the template, by name.
        container_group: id of the container group of the template, None for no group.
        events: events in the log of the deployer.
        exit_code: exit status of the container, None until it has ended.

    """

    outputs: dict[str, Any]
    container_group: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    exit_code: int | None = None

    @property
    def account(self) -> str:
        """The storage account with the outputs of the deployer."""
        return str(self.outputs["storageAccount"]["value"])

    @property
    def succeeded(self) -> bool:
        """Whether the last run of the deployer succeeded."""
        kinds = [event.get("kind") for event in self.events]
        return next((kind for kind in reversed(kinds) if kind in RUN_EVENTS), None) == "run_done"


class Portal:
    """The portal, with the person of the sandbox signed in.

    Args:
        sandbox: the sandbox.
        principal: SP_… settings of a service principal to use instead of the person.

    """

    def __init__(self, sandbox: RunningSandbox, principal: Mapping[str, str] | None = None) -> None:
        self._sandbox = sandbox
        self._principal = principal
        self._subscription = sandbox.settings["AZURE_SUBSCRIPTION"]
        self._client: httpx.Client | None = None
        self._tokens: dict[str, str] = {}

    def deploy(self, click: Click) -> Clicked:
        """Deploy the template; return when all its resources are provisioned.

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
        with self._connected():
            self._put(deployment, DEPLOYMENTS_API, {"properties": properties})
            done = self._await_deployment(deployment)["properties"]
        made = [resource["id"] for resource in done["outputResources"]]
        groups = [each for each in made if "/Microsoft.ContainerInstance/containerGroups/" in each]
        return Clicked(done.get("outputs", {}), groups[0] if groups else None)

    def follow(self, clicked: Clicked) -> Iterator[dict[str, Any]]:
        """Yield the events of the deployer as they appear, until its container has ended.

        Raises:
            SandboxError: it did not end in time.

        """
        with self._connected():
            yield from self._followed(clicked)

    def _followed(self, clicked: Clicked) -> Iterator[dict[str, Any]]:
        group, log = clicked.container_group, LogReader()
        ends = time.monotonic() + CONTAINER_TIMEOUT_SECONDS
        while group is not None and clicked.exit_code is None:
            if time.monotonic() > ends:
                raise SandboxError(f"The container of {group} does not end.")
            # The state is read before the log, so that the log is complete once the state is terminated.
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

    def read_blob(self, account: str, name: str, container: str = OUTPUTS) -> bytes:
        """Return a blob."""
        return self._blob(account, f"/{container}/{quote(name)}").content

    def list_blobs(self, account: str, prefix: str, container: str = OUTPUTS) -> list[str]:
        """Return the names of the blobs with a prefix."""
        query = f"/{container}?restype=container&comp=list&prefix={quote(prefix)}"
        listed = ET.fromstring(self._blob(account, query).content)  # noqa: S314 - written by the sandbox
        return [str(name.text) for name in listed.iter("Name")]

    @contextmanager
    def leased_blob(self, account: str, name: str, container: str = OUTPUTS) -> Iterator[None]:
        """Hold the lease of a blob, as a run does while it works."""
        lease, path = str(uuid4()), f"/{container}/{quote(name)}?comp=lease"
        taken = {"x-ms-lease-action": "acquire", "x-ms-lease-duration": "60", "x-ms-proposed-lease-id": lease}
        self._blob(account, path, "PUT", taken)
        try:
            yield
        finally:
            self._blob(account, path, "PUT", {"x-ms-lease-action": "release", "x-ms-lease-id": lease})

    def remove_group(self, name: str) -> None:
        """Delete a resource group; return when it is deleted.

        Raises:
            SandboxError: Azure refused, or it was not deleted in time.

        """
        group = f"/subscriptions/{self._subscription}/resourceGroups/{name}"
        with self._connected():
            self.arm("DELETE", group, GROUPS_API)
            ends = time.monotonic() + DEPLOYMENT_TIMEOUT_SECONDS
            while time.monotonic() < ends:
                if not any(one["name"] == name for one in self._groups()):
                    return
                time.sleep(POLL_SECONDS / 2)
        raise SandboxError(f"The group {name} does not go.")

    def visit(self, url: str) -> str:
        """Open a page as a visitor; return the status line, or why there was no response."""
        try:
            answer = self._request("GET", url)
        except httpx.HTTPError as error:
            return f"no answer: {error}"
        return f"{answer.status_code} {answer.reason_phrase}"

    def _await_deployment(self, deployment: str) -> dict[str, Any]:
        ends = time.monotonic() + DEPLOYMENT_TIMEOUT_SECONDS
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
        """Send a request to Resource Manager; return the body of the response.

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

    def _blob(
        self, account: str, path: str, method: str = "GET", more: Mapping[str, str] | None = None
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token(STORAGE_AUDIENCE)}", "x-ms-version": BLOB_API}
        url = f"https://{account}.blob.core.windows.net{path}"
        answer = self._request(method, url, headers={**headers, **(more or {})})
        if answer.is_error:
            raise SandboxError(f"{path} answers {answer.status_code}:\n{answer.text}")
        return answer

    @contextmanager
    def _connected(self) -> Iterator[None]:
        """Keep connections and tokens until the block ends: it asks again and again."""
        with self._sandbox.client() as client:
            self._client = client
            try:
                yield
            finally:
                self._client, self._tokens = None, {}

    def _request(self, method: str, url: str, **details: Any) -> httpx.Response:
        if self._client is not None:
            return self._client.request(method, url, **details)
        with self._sandbox.client() as client:
            return client.request(method, url, **details)

    def _token(self, audience: str) -> str:
        if self._client is None:
            return self._new_token(audience)
        if audience not in self._tokens:
            self._tokens[audience] = self._new_token(audience)
        return self._tokens[audience]

    def _new_token(self, audience: str) -> str:
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
