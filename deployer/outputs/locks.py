"""Locks the outputs for one run: by a lease of a blob, or by a file where there is no storage account."""

from __future__ import annotations

import fcntl
import json
from typing import TYPE_CHECKING, TextIO
from uuid import uuid4

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError

from deployer.locking import LOCK_SECONDS, Holder, LockLostError
from deployer.private_files import PRIVATE_DIRECTORY

if TYPE_CHECKING:
    from pathlib import Path

    from azure.storage.blob.aio import BlobClient, ContainerClient

LOCK_NAME = "lock.json"
# Another run created the blob first, and has perhaps leased it since.
CREATED_BY_ANOTHER = {"BlobAlreadyExists", "LeaseIdMissing"}
HELD_BY_ANOTHER = {"LeaseAlreadyPresent", "LeaseIsBreakingAndCannotBeAcquired"}
LOST = {"LeaseIdMismatchWithLeaseOperation", "LeaseNotPresentWithLeaseOperation", "LeaseLost"}


class BlobLock:
    """A lease of a blob in the container for outputs.

    Args:
        container: client of the container.

    """

    outlives_its_holder = True

    def __init__(self, container: ContainerClient) -> None:
        from azure.storage.blob.aio import BlobLeaseClient

        self._blob: BlobClient = container.get_blob_client(LOCK_NAME)
        # Chosen here: an acquisition that is repeated with the same id, because its answer was lost,
        # succeeds.
        self._lease = BlobLeaseClient(self._blob, lease_id=str(uuid4()))

    async def acquire(self, holder: Holder) -> Holder | None:
        """Take the lease and write the holder into the blob; return the other holder if there is one."""
        try:
            await self._take_lease()
        except HttpResponseError as error:
            if _code(error) not in HELD_BY_ANOTHER:
                raise
            return await self._holder()
        content = json.dumps(holder.fields()).encode()
        await self._blob.upload_blob(content, overwrite=True, lease=self._lease)
        return None

    async def _take_lease(self) -> None:
        """Take the lease of the blob, which is created for the first run."""
        try:
            await self._lease.acquire(lease_duration=LOCK_SECONDS)
        except ResourceNotFoundError:
            await self._create()
            await self._lease.acquire(lease_duration=LOCK_SECONDS)

    async def _create(self) -> None:
        try:
            await self._blob.upload_blob(b"{}", overwrite=False)
        except HttpResponseError as error:
            if _code(error) not in CREATED_BY_ANOTHER:
                raise

    async def renew(self) -> None:
        """Renew the lease."""
        try:
            await self._lease.renew()
        except HttpResponseError as error:
            if _code(error) in LOST:
                raise LockLostError from None
            raise

    async def release(self) -> None:
        """Release the lease."""
        await self._lease.release()

    async def _holder(self) -> Holder:
        download = await self._blob.download_blob()
        return Holder.of(json.loads(await download.readall()))


def _code(error: HttpResponseError) -> str:
    code = getattr(error, "error_code", None)
    return str(getattr(code, "value", code))


class FileLock:
    """A lock on a file in the directory for outputs, which the system releases when the process ends.

    Args:
        directory: for outputs.

    """

    outlives_its_holder = False

    def __init__(self, directory: Path) -> None:
        self._path = directory / f".{LOCK_NAME}"
        self._file: TextIO | None = None

    async def acquire(self, holder: Holder) -> Holder | None:
        """Lock the file and write the holder into it; return the other holder if there is one."""
        self._path.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        # Opened for appending: the content belongs to the holder until the lock is there.
        file = self._path.open("a+", encoding="utf-8")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with file:
                file.seek(0)
                return Holder.of(json.loads(file.read() or "{}"))
        file.truncate(0)
        file.write(json.dumps(holder.fields()))
        file.flush()
        self._file = file
        return None

    async def renew(self) -> None:
        """Do nothing: the lock lasts as long as the process."""

    async def release(self) -> None:
        """Unlock the file."""
        if self._file is not None:
            self._file.close()
