"""Storage accounts for tests that need no hub."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from sandbox.visitor.portal import GROUPS_API, Portal
from tests.end_to_end.people import group_id

if TYPE_CHECKING:
    from sandbox.client import RunningSandbox

STORAGE_API = "2024-01-01"
PATIENCE_SECONDS = 10.0


def make_storage_account(sandbox: RunningSandbox, group: str, name: str) -> str:
    """Make a group with a storage account in it, and wait until it is reached; return the group's id."""
    portal, scope = Portal(sandbox), group_id(sandbox, group)
    account = f"{scope}/providers/Microsoft.Storage/storageAccounts/{name}"
    body = {"location": "westeurope", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}
    portal.arm("PUT", scope, GROUPS_API, {"location": "westeurope"})
    portal.arm("PUT", account, STORAGE_API, body)
    ends = time.monotonic() + PATIENCE_SECONDS
    while portal.arm("GET", account, STORAGE_API)["properties"]["provisioningState"] != "Succeeded":
        if time.monotonic() > ends:
            pytest.fail(f"{account} is not made")
        time.sleep(0.1)
    return scope
