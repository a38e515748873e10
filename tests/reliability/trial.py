"""Tries cells: deploys a new hub while its requests fail, and judges how that ends."""

from __future__ import annotations

import json
from contextlib import ExitStack
from dataclasses import dataclass
from enum import StrEnum
from itertools import count
from typing import TYPE_CHECKING

from sandbox.visitor.portal import Portal
from tests.end_to_end.deployments import add_service_principal, group_of, hub_settings, run

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sandbox.client import InjectedFault, RunningSandbox
    from tests.end_to_end.deployments import Ran
    from tests.reliability.cells import Cell

STORAGE_API = "2025-08-01"
REGION = "northeurope"
_NUMBERS = count(1)


class Ending(StrEnum):
    """What came of a cell."""

    SURVIVED = "survived"
    ENDED = "ended the run"
    ENDED_BADLY = "ended without a record, or with a traceback"
    NOT_MET = "was not met"


@dataclass(frozen=True)
class Trial:
    """A deployment during which requests failed.

    Attributes:
        endings: what came of each cell, by its name.
        log: of the deployment.

    """

    endings: dict[str, Ending]
    log: str

    @property
    def survived(self) -> bool:
        """Whether every cell was met and survived."""
        return set(self.endings.values()) == {Ending.SURVIVED}


def try_cells(sandbox: RunningSandbox, cells: Sequence[Cell], folder: Path) -> Trial:
    """Deploy a hub over HTTPS, with its outputs in a storage account, while each of the cells fails once."""
    hub = f"fault-{next(_NUMBERS)}"
    with group_of(sandbox, hub), ExitStack() as script:
        settings = _settings(sandbox, hub)
        faults = [script.enter_context(sandbox.fault(**cell.fault())) for cell in cells]
        command = ("binderhub-deployer", "deploy", "--output", "json", "--outputs", str(folder))
        ran = run(sandbox, *command, **settings)
        recorded = _has_record(sandbox, settings)
        endings = {
            cell.name: _ending(ran, fault, recorded=recorded)
            for cell, fault in zip(cells, faults, strict=True)
        }
    return Trial(endings, ran.stderr)


def _settings(sandbox: RunningSandbox, hub: str) -> dict[str, str]:
    """Return the settings of a hub, with a storage account that exists already."""
    account = hub.replace("-", "") + "outputs"
    subscription = sandbox.settings["AZURE_SUBSCRIPTION"]
    group = f"/subscriptions/{subscription}/resourceGroups/{hub}-storage"
    portal = Portal(sandbox)
    portal.arm("PUT", group, "2025-04-01", {"location": REGION})
    body = {"location": REGION, "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}
    portal.arm("PUT", f"{group}/providers/Microsoft.Storage/storageAccounts/{account}", STORAGE_API, body)
    return {
        **hub_settings(hub),
        **add_service_principal(sandbox, "Contributor", "Storage Blob Data Contributor"),
        "RESOURCE_GROUP_LOCATION": REGION,
        "CONTACT_EMAIL": "admin@example.org",
        "STORAGE_ACCOUNT_NAME": account,
    }


def _has_record(sandbox: RunningSandbox, settings: dict[str, str]) -> bool:
    portal, account = Portal(sandbox, settings), settings["STORAGE_ACCOUNT_NAME"]
    try:
        latest = json.loads(portal.read_blob(account, "latest.json"))
        return bool(json.loads(portal.read_blob(account, latest["record"])))
    except Exception:  # noqa: BLE001 - whatever is wrong with it, there is no record
        return False


def _ending(ran: Ran, fault: InjectedFault, *, recorded: bool) -> Ending:
    if not fault.fired:
        return Ending.NOT_MET
    if "Traceback" in ran.stderr or not recorded:
        return Ending.ENDED_BADLY
    return Ending.SURVIVED if ran.status == 0 else Ending.ENDED
