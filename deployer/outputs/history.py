"""Reads the records of earlier runs of a hub, which name what Azure alone does not tell.

A cluster that is stopped or gone says nothing about DNS records or a registry that was brought along.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployer.outputs.stores import open_store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from azure.core.credentials_async import AsyncTokenCredential

    from deployer.outputs.stores import OutputStore

RECORD = "deployment.json"
# Of the newest runs; a hub that was deployed more often has long given up what the older ones created.
MOST_RECORDS = 100
AT_ONCE = 8
# The runs of these commands have all settings of the hub; those of others have little more than its name.
DEPLOYING = ("deploy", "upgrade")


@dataclass(frozen=True)
class PastRun:
    """The record of an earlier run.

    Attributes:
        record: as it was written.
        location: URL or path of its folder.

    """

    record: Mapping[str, Any]
    location: str

    @property
    def started(self) -> str:
        """When it started, UTC, in an order that text has."""
        return str(self.record.get("started", ""))

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings of the run; secrets are masked."""
        return dict(self.record.get("settings") or {})

    @property
    def hub(self) -> Mapping[str, Any]:
        """The names of the hub."""
        return dict(self.record.get("hub") or {})

    @property
    def command(self) -> str:
        """The command that ran."""
        return str(self.settings.get("action") or DEPLOYING[0])

    @property
    def has_settings(self) -> bool:
        """Whether it was made with all settings of the hub."""
        return self.command in DEPLOYING


async def read_history(store: OutputStore, hub: str, group: str) -> list[PastRun]:
    """Return the runs of a hub in a resource group, the newest first.

    Args:
        store: holds the outputs; a directory may have those of several hubs.
        hub: name of the hub.
        group: name of its resource group.

    """
    names = [name for name in await store.names("runs/") if name.endswith(f"/{RECORD}")]
    turn = asyncio.Semaphore(AT_ONCE)

    async def read(name: str) -> PastRun | None:
        async with turn:
            text = await store.read(name)
        return _parsed(text or "", f"{store.location}/{name.rpartition('/')[0]}")

    found = await asyncio.gather(*map(read, names[-MOST_RECORDS:]))
    runs = [run for run in found if run is not None and _is_of(run, hub, group)]
    return sorted(runs, key=lambda run: run.started, reverse=True)


def _parsed(text: str, location: str) -> PastRun | None:
    try:
        record = json.loads(text)
    except ValueError:
        return None  # Cut off, or replaced by something else.
    return PastRun(record, location) if isinstance(record, dict) else None


def _is_of(run: PastRun, hub: str, group: str) -> bool:
    return (
        run.hub.get("name") == hub and str(run.hub.get("resource_group", "")).casefold() == group.casefold()
    )


async def read_log(
    run: PastRun, accounts: Sequence[str], credential: AsyncTokenCredential, directory: Path
) -> str:
    """Return the log of a run, "" where it left none.

    Args:
        run: whose log.
        accounts: storage accounts that may have its outputs.
        credential: for these.
        directory: that may have its outputs.

    """
    for account in (*accounts, None):
        async with open_store(account, credential, directory) as store:
            if run.location.startswith(f"{store.location}/"):
                name = run.location.removeprefix(f"{store.location}/")
                return await store.read(f"{name}/deployment.log") or ""
    return ""
