"""The lock in a storage account, as two runs meet it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from azure.storage.blob.aio import ContainerClient

from deployer.locking import Holder
from deployer.outputs.locks import BlobLock
from sandbox.visitor.portal import OUTPUTS, Portal
from tests.end_to_end.people import add_somebody
from tests.sign_in import sign_in
from tests.storage_accounts import make_storage_account

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sandbox.client import RunningSandbox

NAME = "locked-outputs"
FIRST = Holder("first", "2026-11-24T12:30:05Z", "runs/first", "a")
SECOND = Holder("second", "2026-11-24T12:30:06Z", "runs/second", "b")


@pytest.fixture
async def container(
    sandbox: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[ContainerClient]:
    """Make a storage account, and reach its container for outputs over the sandbox's network."""
    group = make_storage_account(sandbox, NAME, "lockedoutputs")
    settings = add_somebody(sandbox, Storage_Blob_Data_Contributor=group).settings
    url, trust = "https://lockedoutputs.blob.core.windows.net", sandbox.network["SSL_CERT_FILE"]
    async with (
        sign_in(sandbox, settings, monkeypatch) as credential,
        ContainerClient(url, OUTPUTS, credential, connection_verify=trust) as container,
    ):
        await container.create_container()
        yield container
    Portal(sandbox).remove_group(NAME)


async def test_the_holder_of_a_blobs_lease_is_told_to_all_others_until_it_releases_the_lease(
    container: ContainerClient,
) -> None:
    first, second = BlobLock(container), BlobLock(container)
    assert await first.acquire(FIRST) is None
    assert await second.acquire(SECOND) == FIRST
    # Again, because its answer was lost.
    assert await first.acquire(FIRST) is None
    await first.release()
    assert await second.acquire(SECOND) is None
    assert await first.acquire(FIRST) == SECOND
