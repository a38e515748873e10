"""Runs Azurite, one process for each storage account, since its accounts can't be changed while it runs."""

from __future__ import annotations

import asyncio
import os
import secrets
from base64 import b64encode
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import httpx

from sandbox.nodejs import find_node
from sandbox.ports import free_port
from sandbox.processes import kill, start

if TYPE_CHECKING:
    import ssl
    from asyncio.subprocess import Process

    from sandbox.network.authority import IssuedCertificate

PROGRAM = Path(__file__).resolve().parents[2] / "azurite/node_modules/azurite/dist/src/blob/main.js"
START_TIMEOUT_SECONDS = 30.0
KEY_BYTES = 64


class AzuriteError(Exception):
    """Azurite is not installed, or did not start."""


class Azurite:
    """An Azurite process.

    Args:
        account: name of the storage account.
        folder: for its certificate and log.
        certificate: for `<account>.blob.core.windows.net` and 127.0.0.1.
        trust: TLS context that trusts the certificate.

    Attributes:
        client: client of the process.

    """

    def __init__(
        self, account: str, *, folder: Path, certificate: IssuedCertificate, trust: ssl.SSLContext
    ) -> None:
        self._account = account
        self._folder = folder
        self._certificate = certificate
        self._port = free_port()
        self._process: Process | None = None
        # trust_env=False: a proxy in the environment must not be used for a server on this machine.
        self.client = httpx.AsyncClient(
            base_url=f"https://127.0.0.1:{self._port}", verify=trust, trust_env=False, timeout=60
        )

    async def start(self) -> None:
        """Start the process and wait until it answers."""
        nodejs = find_node()
        if nodejs is None or not PROGRAM.is_file():
            raise AzuriteError("Azurite is not installed: run `make setup`.")
        certificate, key = self._certificate.write(self._folder, self._account)
        self._process = await start(
            nodejs.node,
            str(PROGRAM),
            "--blobHost=127.0.0.1",
            f"--blobPort={self._port}",
            "--inMemoryPersistence",
            "--skipApiVersionCheck",
            "--disableTelemetry",
            "--silent",
            "--oauth=basic",
            f"--cert={certificate}",
            f"--key={key}",
            log=self._folder / f"{self._account}.log",
            environment={**os.environ, "AZURITE_ACCOUNTS": f"{self._account}:{_key()}"},
        )
        await self._await_answer()

    async def close(self) -> None:
        """Stop the process; its blobs are lost."""
        await self.client.aclose()
        if self._process is not None:
            await kill(self._process)

    async def _await_answer(self) -> None:
        started = monotonic()
        while monotonic() - started < START_TIMEOUT_SECONDS:
            try:
                await self.client.get("/")
            except httpx.TransportError:
                await asyncio.sleep(0.1)
            else:
                return
        raise AzuriteError(f"Azurite did not start; see {self._folder / self._account}.log.")


def _key() -> str:
    """Return a random account key, which is never used: accounts of the sandbox refuse keys."""
    return b64encode(secrets.token_bytes(KEY_BYTES)).decode()
