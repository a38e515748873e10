"""What users receive, and where it goes: a blob container, or a directory where there is no account.

Each run has a folder `runs/<UTC time>/`; `latest.json` names the newest. The container is private: the
values with their secrets are among the outputs, because people need them to work on the hub themselves.
"""

from __future__ import annotations

import json
import os
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from azure.core.exceptions import ResourceExistsError, ResourceNotFoundError
from azure.storage.blob import ContentSettings
from azure.storage.blob.aio import BlobServiceClient, ContainerClient

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from azure.core.credentials_async import AsyncTokenCredential

CONTAINER = "outputs"
LATEST = "latest.json"
BLOB_SUFFIX = "blob.core.windows.net"

PRIVATE_FILE = 0o600
PRIVATE_DIRECTORY = 0o700

CONTENT_TYPES = {
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".yaml": "application/yaml",
    ".log": "text/plain; charset=utf-8",
}


class OutputStore(Protocol):
    """A place for outputs.

    Attributes:
        location: where people find it: a URL or a path.

    """

    location: str

    async def prepare(self) -> None:
        """Make sure that the place is there."""

    async def write(self, name: str, text: str) -> None:
        """Write one file, replacing an older one of that name."""

    async def read(self, name: str) -> str | None:
        """Return one file, None where there is none."""


class BlobOutputStore:
    """Outputs in a container of a storage account."""

    def __init__(self, client: ContainerClient) -> None:
        self._client = client
        self.location = client.url

    async def prepare(self) -> None:
        """Create the container where the template did not."""
        if await self._client.exists():
            return
        try:
            await self._client.create_container()
        except ResourceExistsError:
            return  # somebody else was faster

    async def write(self, name: str, text: str) -> None:
        """Upload one blob with the content type that lets a browser show it."""
        await self._client.upload_blob(
            name,
            text.encode(),
            overwrite=True,
            content_settings=ContentSettings(content_type=CONTENT_TYPES[Path(name).suffix]),
        )

    async def read(self, name: str) -> str | None:
        """Download one blob."""
        try:
            download = await self._client.download_blob(name)
        except ResourceNotFoundError:
            return None
        return (await download.readall()).decode()


class DirectoryOutputStore:
    """Outputs in a directory that only this user can read."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.location = str(directory.resolve())

    async def prepare(self) -> None:
        """Create the directory."""
        self._directory.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)

    async def write(self, name: str, text: str) -> None:
        """Write one private file, whole or not at all."""
        path = self._directory / name
        path.parent.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.unfinished")
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE_FILE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        unfinished.replace(path)

    async def read(self, name: str) -> str | None:
        """Read one file."""
        try:
            return (self._directory / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return None


def blob_endpoint(account: str) -> str:
    """Return the address of a storage account's blobs."""
    return f"https://{account}.{BLOB_SUFFIX}"


@asynccontextmanager
async def open_blob_store(account: str, credential: AsyncTokenCredential) -> AsyncIterator[BlobOutputStore]:
    """Open the container of outputs in a storage account."""
    async with BlobServiceClient(blob_endpoint(account), credential=credential) as service:
        yield BlobOutputStore(service.get_container_client(CONTAINER))


class RunOutputs:
    """The outputs of one run, in its own folder of the store.

    Args:
        store: where they go.
        started: when the run started, UTC; names the folder.

    """

    def __init__(self, store: OutputStore, started: datetime) -> None:
        self.store = store
        self.folder = f"runs/{started.astimezone(UTC):%Y-%m-%dT%H-%M-%SZ}"

    @property
    def location(self) -> str:
        """Where people find this run's outputs."""
        return f"{self.store.location}/{self.folder}"

    async def write(self, name: str, text: str) -> None:
        """Write one file of this run."""
        await self.store.write(f"{self.folder}/{name}", text)

    async def write_record(self, record: dict[str, Any]) -> None:
        """Write the record of the run, and name it as the latest."""
        text = json.dumps(record, indent=2) + "\n"
        await self.write("deployment.json", text)
        latest = {"run": self.folder, "record": f"{self.folder}/deployment.json", "status": record["status"]}
        await self.store.write(LATEST, json.dumps(latest, indent=2) + "\n")


async def latest_record(store: OutputStore) -> dict[str, Any] | None:
    """Return the record of the latest run, None before the first."""
    latest = await store.read(LATEST)
    if latest is None:
        return None
    text = await store.read(json.loads(latest)["record"])
    return dict(json.loads(text)) if text is not None else None
