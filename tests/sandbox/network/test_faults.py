"""Requests fail as the script of faults says, for each host that the sandbox answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest
from azure.core.exceptions import HttpResponseError, ServiceRequestError
from azure.identity.aio import ClientSecretCredential, ManagedIdentityCredential
from azure.mgmt.resource.resources.aio import ResourceManagementClient
from azure.storage.blob.aio import BlobServiceClient

from sandbox.client import SandboxError
from sandbox.visitor.portal import GROUPS_API, Portal
from tests.sandbox.test_command_line import sandbox_command
from tests.sign_in import sign_in
from tests.storage_accounts import make_storage_account

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from sandbox.client import RunningSandbox

ARM = r"management\.azure\.com"
ENDPOINTS = "https://management.azure.com/metadata/endpoints"
CHARTS = "https://hub.jupyter.org/helm-chart/index.yaml"


@pytest.fixture
def client(sandbox: RunningSandbox) -> Iterator[httpx.Client]:
    """Open a client in the sandbox."""
    with sandbox.client() as client:
        yield client


@pytest.fixture
async def credential(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ClientSecretCredential]:
    """Sign in as the sandbox's application, over the sandbox's network."""
    async with sign_in(sandbox, sandbox.settings, monkeypatch) as credential:
        yield credential


def test_a_status_is_answered_in_the_servers_place(sandbox: RunningSandbox, client: httpx.Client) -> None:
    with sandbox.fault(
        "status", ARM, status=429, headers={"Retry-After": "7"}, body='{"error": {}}'
    ) as fault:
        answer = client.get(ENDPOINTS)
        assert (answer.status_code, answer.headers["retry-after"], answer.json()) == (429, "7", {"error": {}})
        assert client.get(ENDPOINTS).is_success
        assert fault.fired == ["GET management.azure.com/metadata/endpoints"]
    assert sandbox.requests()[-2]["fault"] == "status"
    assert "fault" not in sandbox.requests()[-1]


def test_a_fault_skips_and_repeats_and_looks_at_method_and_path(
    sandbox: RunningSandbox, client: httpx.Client
) -> None:
    with sandbox.fault("status", ARM, path="endpoints$", method="GET", skip=1, times=2) as fault:
        others = [client.post(ENDPOINTS), client.get(f"{ENDPOINTS}?a=b")]
        statuses = [client.get(ENDPOINTS).status_code for _ in range(4)]
        assert len(fault.fired) == 2
    assert 500 not in [answer.status_code for answer in others]
    assert statuses == [200, 500, 500, 200]


def test_a_reset_before_the_server_acts_leaves_nothing_behind(sandbox: RunningSandbox) -> None:
    group = _group_path(sandbox, "reset-before")
    with sandbox.fault("reset-before", ARM, method="PUT"), pytest.raises(httpx.TransportError):
        _put_group(sandbox, group)
    with pytest.raises(SandboxError, match="404"):
        Portal(sandbox).arm("GET", group, GROUPS_API)


def test_a_reset_after_the_server_acted_leaves_what_it_did(sandbox: RunningSandbox) -> None:
    group = _group_path(sandbox, "reset-after")
    with sandbox.fault("reset-after", ARM, method="PUT"), pytest.raises(httpx.TransportError):
        _put_group(sandbox, group)
    assert Portal(sandbox).arm("GET", group, GROUPS_API)["name"] == "reset-after"


def test_a_hang_takes_the_request_and_never_answers(sandbox: RunningSandbox, client: httpx.Client) -> None:
    with sandbox.fault("hang", ARM) as fault:
        with pytest.raises(httpx.ReadTimeout):
            client.get(ENDPOINTS, timeout=1)
        assert len(fault.fired) == 1


def test_a_truncated_answer_is_shorter_than_announced(sandbox: RunningSandbox, client: httpx.Client) -> None:
    with sandbox.fault("truncated", ARM), pytest.raises(httpx.RemoteProtocolError, match="complete message"):
        client.get(ENDPOINTS)


def test_a_garbled_answer_is_complete_but_makes_no_sense(
    sandbox: RunningSandbox, client: httpx.Client
) -> None:
    with sandbox.fault("garbled", ARM):
        answer = client.get(ENDPOINTS)
    assert answer.is_success
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_page_can_stand_where_an_index_should(sandbox: RunningSandbox, client: httpx.Client) -> None:
    with sandbox.fault("html", r"hub\.jupyter\.org"):
        answer = client.get(CHARTS)
    assert answer.status_code == 200
    assert answer.text.startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    "entry",
    [{"kind": "status"}, {"kind": "flood", "host": "a"}, {"kind": "hang", "host": "("}, {"colour": "red"}],
)
def test_a_fault_that_makes_no_sense_is_refused(sandbox: RunningSandbox, entry: dict[str, str]) -> None:
    with pytest.raises(httpx.HTTPStatusError, match="400"):
        sandbox.ask("POST", "/faults", entry)


async def test_the_sdk_meets_faults_of_resource_manager(
    sandbox: RunningSandbox, credential: ClientSecretCredential
) -> None:
    async with ResourceManagementClient(
        credential,
        sandbox.settings["AZURE_SUBSCRIPTION"],
        connection_verify=sandbox.network["SSL_CERT_FILE"],
    ) as azure:
        with sandbox.fault("status", ARM, path="/resourcegroups/", status=503) as fault:
            # The SDK itself asks again after a 503.
            assert await azure.resource_groups.check_existence("no-such-group") is False
            assert len(fault.fired) == 1
        with sandbox.fault("reset-before", ARM, times=None), pytest.raises(ServiceRequestError):
            await azure.resource_groups.get("no-such-group", retry_total=0)


async def test_the_sdk_meets_faults_of_blob_storage(
    sandbox: RunningSandbox, credential: ClientSecretCredential
) -> None:
    make_storage_account(sandbox, "faulty-blobs", "faultyblobs")
    blobs = BlobServiceClient(
        "https://faultyblobs.blob.core.windows.net",
        credential=credential,
        retry_total=0,
        connection_verify=sandbox.network["SSL_CERT_FILE"],
    )
    code = {"x-ms-error-code": "AuthorizationFailure"}
    async with blobs:
        with (
            sandbox.fault("status", r".*\.blob\..*", status=403, headers=code),
            pytest.raises(HttpResponseError) as refused,
        ):
            await blobs.get_container_client("outputs").exists()
    assert getattr(refused.value, "error_code", None) == "AuthorizationFailure"
    Portal(sandbox).remove_group("faulty-blobs")


async def test_the_sdk_meets_faults_of_the_identity_endpoint(
    sandbox: RunningSandbox, credential: ClientSecretCredential
) -> None:
    assert credential  # its fixture opens the way to the sandbox
    with sandbox.fault("status", r"169\.254\.169\.254", status=410, times=1) as fault:
        async with ManagedIdentityCredential(client_id="of nobody") as identity:
            with pytest.raises(HttpResponseError):
                await identity.get_token("https://management.azure.com/.default")
        assert len(fault.fired) == 1


def test_faults_are_set_shown_and_cleared_by_hand(sandbox: RunningSandbox) -> None:
    where = f"--state-dir={sandbox.state_dir}"
    added = sandbox_command("fault", "set", "status", ARM, "--status=503", "--header=Retry-After=1", where)
    assert added.returncode == 0, added.stderr
    listed = json.loads(sandbox_command("fault", "list", where).stdout)
    assert [(entry["host"], entry["status"], entry["headers"]) for entry in listed] == [
        (ARM, 503, {"Retry-After": "1"})
    ]
    assert sandbox.state()["faults"] == listed
    sandbox_command("fault", "clear", where)
    assert sandbox.ask("GET", "/faults").json() == []


def _group_path(sandbox: RunningSandbox, name: str) -> str:
    return f"/subscriptions/{sandbox.settings['AZURE_SUBSCRIPTION']}/resourceGroups/{name}"


def _put_group(sandbox: RunningSandbox, path: str) -> None:
    Portal(sandbox).arm("PUT", path, GROUPS_API, {"location": "westeurope"})
