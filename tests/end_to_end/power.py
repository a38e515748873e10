"""Whether the cluster of a hub runs, as Azure tells it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests.end_to_end.governance import CLUSTERS_API, azure
from tests.end_to_end.people import group_id

if TYPE_CHECKING:
    from sandbox.client import RunningSandbox

PATIENCE_SECONDS = 120


def await_power(sandbox: RunningSandbox, hub: str, state: str, group: str | None = None) -> None:
    """Wait until the cluster of a hub is Running or Stopped, and nothing changes it any more.

    Args:
        sandbox: where Azure is.
        hub: its name.
        state: to wait for.
        group: of the hub; None for one of the same name.

    """
    cluster = f"{group_id(sandbox, group or hub)}/providers/Microsoft.ContainerService/managedClusters/{hub}"
    ends = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = azure(sandbox, "GET", cluster, CLUSTERS_API).json()["properties"]
        if (found["powerState"]["code"], found["provisioningState"]) == (state, "Succeeded"):
            return
        assert time.monotonic() < ends, found
        time.sleep(0.2)
