"""Writes the outputs of a run into a blob container, or into a directory where there is no storage account.

Each run has a folder `runs/<UTC time>/`; `latest.json` names the newest. Secret values, which people need to
work on their hub with helm, are kept once, those of the newest run, in a place of their own: whoever reads
records and logs needs no right there.
"""

from __future__ import annotations

import json
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any, Protocol

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError

from deployer.cloud import BLOB_SUFFIX
from deployer.errors import PreflightError
from deployer.outputs.locks import BlobLock, FileLock
from deployer.private_files import PRIVATE_DIRECTORY, write_private_file

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from azure.core.credentials_async import AsyncTokenCredential
    from azure.storage.blob.aio import ContainerClient

    from deployer.locking import Lock

CONTAINER = "outputs"
PRIVATE_CONTAINER = "private"
SECRETS_FILE = "secret-values.yaml"
LATEST = "latest.json"

CONTENT_TYPES = {
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".yaml": "application/yaml",
    ".log": "text/plain; charset=utf-8",
}


class OutputStore(Protocol):
    """A place for outputs.

    Attributes:
        location: a URL or a path, for people.

    """

    location: str

    async def prepare(self) -> None:
        """Create the place if it does not exist."""

    async def write(self, name: str, text: str) -> None:
        """Write one file, replacing an older one of that name."""

    async def read(self, name: str) -> str | None:
        """Return the text of a file, None if there is none."""

    async def names(self, prefix: str) -> list[str]:
        """Return the names of all files that start with a prefix, in order."""

    async def write_secret_values(self, text: str) -> None:
        """Keep secret values, and remove those of all earlier runs."""

    async def remove_secret_values(self) -> None:
        """Remove the secret values of all runs."""

    def lock(self) -> Lock:
        """Return the lock for the runs that write there."""


class BlobOutputStore:
    """Outputs in a blob container of a storage account, and secret values in another one."""

    def __init__(self, client: ContainerClient, private: ContainerClient) -> None:
        self._client = client
        self._private = private
        self.location = client.url

    async def prepare(self) -> None:
        """Create the container if the template did not."""
        await _ensure_container(self._client)

    async def write(self, name: str, text: str) -> None:
        """Upload one blob, with a content type for which browsers show it."""
        await _upload(self._client, name, text)

    async def write_secret_values(self, text: str) -> None:
        """Replace the blob with the secret values."""
        await _ensure_container(self._private)
        await _upload(self._private, SECRETS_FILE, text)
        await self._remove_copies()

    async def remove_secret_values(self) -> None:
        """Remove the blob with the secret values, and copies that older releases left beside records."""
        with suppress(ResourceNotFoundError):
            await self._private.delete_blob(SECRETS_FILE)
        await self._remove_copies()

    async def _remove_copies(self) -> None:
        for name in await self.names("runs/"):
            if name.endswith(f"/{SECRETS_FILE}"):
                await self._client.delete_blob(name)

    async def read(self, name: str) -> str | None:
        """Download one blob."""
        try:
            download = await self._client.download_blob(name, encoding="utf-8")
            return str(await download.readall())
        except ResourceNotFoundError:
            return None

    async def names(self, prefix: str) -> list[str]:
        """List blobs; none where the container does not exist."""
        try:
            return [name async for name in self._client.list_blob_names(name_starts_with=prefix)]
        except ResourceNotFoundError:
            return []

    def lock(self) -> BlobLock:
        """Return the lock for the runs that write there."""
        return BlobLock(self._client)


class DirectoryOutputStore:
    """Outputs in a directory that only this user can read."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.location = str(directory.resolve())

    async def prepare(self) -> None:
        """Create the directory, and check that files can be created in it.

        Raises:
            PreflightError: they cannot.

        """
        try:
            self._directory.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
            with TemporaryFile(dir=self._directory) as file:
                file.write(b"{}")  # A file without content can be created on a full disk, too.
        except OSError as error:
            raise PreflightError(
                f"The outputs cannot be written to {self.location}: {error.strerror}.",
                suggestion="Name another directory with --outputs.",
            ) from None

    async def write(self, name: str, text: str) -> None:
        """Write one private file, completely or not at all."""
        write_private_file(self._directory / name, text.encode())

    async def write_secret_values(self, text: str) -> None:
        """Replace the file with the secret values."""
        write_private_file(self._directory / PRIVATE_CONTAINER / SECRETS_FILE, text.encode())
        self._remove_copies()

    async def remove_secret_values(self) -> None:
        """Remove the file with the secret values, and copies that older releases left beside records."""
        (self._directory / PRIVATE_CONTAINER / SECRETS_FILE).unlink(missing_ok=True)
        self._remove_copies()

    def _remove_copies(self) -> None:
        for path in self._directory.glob(f"runs/*/{SECRETS_FILE}"):
            path.unlink(missing_ok=True)

    async def read(self, name: str) -> str | None:
        """Read one file."""
        path = self._directory / name
        return path.read_text(encoding="utf-8") if path.is_file() else None

    async def names(self, prefix: str) -> list[str]:
        """List files below the directory."""
        files = (path for path in self._directory.rglob("*") if path.is_file())
        names = (path.relative_to(self._directory).as_posix() for path in files)
        return sorted(name for name in names if name.startswith(prefix))

    def lock(self) -> FileLock:
        """Return the lock for the runs that write there."""
        return FileLock(self._directory)


async def _ensure_container(client: ContainerClient) -> None:
    """Create a container if the template did not."""
    if await client.exists():
        return
    with suppress(ResourceExistsError):  # Another run created it in the meantime.
        await client.create_container()


async def _upload(client: ContainerClient, name: str, text: str) -> None:
    from azure.storage.blob import ContentSettings

    await client.upload_blob(
        name,
        text.encode(),
        overwrite=True,
        content_settings=ContentSettings(content_type=CONTENT_TYPES[Path(name).suffix]),
    )


def blob_endpoint(account: str) -> str:
    """Return the URL of the blobs of a storage account."""
    return f"https://{account}.{BLOB_SUFFIX}"


@asynccontextmanager
async def open_store(
    account: str | None, credential: AsyncTokenCredential, directory: Path
) -> AsyncIterator[OutputStore]:
    """Open the place for outputs.

    Args:
        account: name of the storage account; None for the directory.
        credential: for the storage account.
        directory: for outputs without a storage account.

    """
    if account is None:
        yield DirectoryOutputStore(directory)
        return
    from azure.storage.blob.aio import BlobServiceClient

    async with BlobServiceClient(blob_endpoint(account), credential=credential) as service:
        yield BlobOutputStore(
            service.get_container_client(CONTAINER), service.get_container_client(PRIVATE_CONTAINER)
        )


class RunOutputs:
    """The outputs of one run, in a folder of their own.

    Args:
        store: holds the folders of all runs.
        started: when the run started, UTC; names the folder.

    """

    def __init__(self, store: OutputStore, started: datetime) -> None:
        self.store = store
        self.folder = f"runs/{started.astimezone(UTC):%Y-%m-%dT%H-%M-%SZ}"

    @property
    def location(self) -> str:
        """The URL or path of the outputs of this run."""
        return f"{self.store.location}/{self.folder}"

    async def write(self, name: str, text: str) -> None:
        """Write one file of this run."""
        await self.store.write(f"{self.folder}/{name}", text)

    async def write_record(self, record: dict[str, Any]) -> None:
        """Write the record of the run, and list it as the latest."""
        text = json.dumps(record, indent=2) + "\n"
        await self.write("deployment.json", text)
        latest = {"run": self.folder, "record": f"{self.folder}/deployment.json", "status": record["status"]}
        await self.store.write(LATEST, json.dumps(latest, indent=2) + "\n")
