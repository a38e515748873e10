"""Runs Pebble, the ACME server that Let's Encrypt tests clients with: one process for each authority."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import TYPE_CHECKING

import httpx

from sandbox.ports import free_port
from sandbox.processes import GO_RUNTIME, kill, start

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sandbox.network.authority import CertificateAuthority

HOST = "127.0.0.1"
START_TIMEOUT_SECONDS = 30.0
# Certificates of Let's Encrypt and ZeroSSL.
VALIDITY_SECONDS = 90 * 24 * 60 * 60
# What Pebble does at random, to test clients, makes tests differ from run to run.
REGULAR = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0", "PEBBLE_AUTHZREUSE": "0"}


class PebbleError(Exception):
    """Pebble did not start."""


@dataclass
class Pebble:
    """An ACME server.

    Attributes:
        program: its path.
        folder: for its configuration and its log.
        authority: issues the certificate of its own port.
        account_keys: external account keys (base64url) by their id; an account needs one if there are any.

    """

    program: Path
    folder: Path
    authority: CertificateAuthority
    account_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    port: int = field(default_factory=free_port)
    _management_port: int = field(default_factory=free_port)
    _process: asyncio.subprocess.Process | None = None

    @property
    def address(self) -> str:
        """Its address on this machine."""
        return f"https://{HOST}:{self.port}"

    def client(self, address: str = "") -> httpx.AsyncClient:
        """Return a client of it."""
        trust = ssl.create_default_context(cafile=str(self.authority.ca_file))
        return httpx.AsyncClient(base_url=address or self.address, verify=trust, trust_env=False, timeout=30)

    async def start(self, *, validation_port: int, dns_port: int) -> bytes:
        """Start it; return the certificate of its root, as PEM.

        Args:
            validation_port: where all hosts are asked for the answers to HTTP-01 challenges.
            dns_port: of the server that knows the hosts.

        Raises:
            PebbleError: it does not answer.

        """
        self.folder.mkdir(parents=True, exist_ok=True)
        configuration = self.folder / "pebble.json"
        configuration.touch(mode=0o600)
        configuration.write_text(json.dumps(self._configuration(validation_port)), encoding="utf-8")
        self._process = await start(
            self.program,
            *("-config", str(configuration), "-dnsserver", f"{HOST}:{dns_port}", "-strict=false"),
            log=self.folder / "pebble.log",
            environment={**os.environ, **GO_RUNTIME, **REGULAR},
        )
        return await self._root()

    async def close(self) -> None:
        """Stop it."""
        if self._process is not None:
            await kill(self._process)

    def _configuration(self, validation_port: int) -> dict[str, object]:
        certificate, key = self.authority.issue(HOST).write(self.folder, "pebble")
        return {
            "pebble": {
                "listenAddress": f"{HOST}:{self.port}",
                "managementListenAddress": f"{HOST}:{self._management_port}",
                "certificate": str(certificate),
                "privateKey": str(key),
                "httpPort": validation_port,
                "tlsPort": validation_port,
                "externalAccountBindingRequired": bool(self.account_keys),
                "externalAccountMACKeys": dict(self.account_keys),
                "keyAlgorithm": "ecdsa",
                "profiles": {"default": {"description": "The only one", "validityPeriod": VALIDITY_SECONDS}},
            }
        }

    async def _root(self) -> bytes:
        ends = monotonic() + START_TIMEOUT_SECONDS
        async with self.client(f"https://{HOST}:{self._management_port}") as management:
            while monotonic() < ends and self._process is not None and self._process.returncode is None:
                try:
                    answer = await management.get("/roots/0")
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
                    continue
                if answer.status_code == HTTPStatus.OK:
                    return answer.content
        raise PebbleError(f"Pebble did not start; see {self.folder / 'pebble.log'}.")
