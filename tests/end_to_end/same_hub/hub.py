"""A hub that is deployed again and again, and its cluster as Azure shows it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.visitor.portal import Portal
from tests.end_to_end.deployments import deploy, deploy_command, hub_settings, run, with_writes
from tests.end_to_end.governance import CLUSTERS_API

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.client import RunningSandbox
    from tests.end_to_end.deployments import Ran

NAME = "lasting"
# The longest and strangest name that a group may have.
GROUP = f"Übung.(of_the-Lab).{'x' * 71}"
WHERE = {
    "RESOURCE_GROUP_NAME": GROUP,
    "RESOURCE_GROUP_LOCATION": "westus2",
    "TIME_ZONE": "Europe/Amsterdam",
}


@dataclass(frozen=True)
class Hub:
    """The hub.

    Attributes:
        sandbox: where Azure is.
        folder: where its outputs go.

    """

    sandbox: RunningSandbox
    folder: Path

    def deploy(self, **settings: str) -> Ran:
        """Deploy with these settings."""
        return deploy(self.sandbox, self.folder, NAME, **{**WHERE, **settings})

    def deploy_again(self, **settings: str) -> tuple[Ran, list[str]]:
        """Deploy with these settings; return the requests that wrote something, too."""
        return with_writes(self.sandbox, lambda: self.deploy(**settings))

    def begin_to_deploy(self, **settings: str) -> subprocess.Popen[str]:
        """Begin to deploy with these settings; the log can be read from standard error."""
        return subprocess.Popen(
            deploy_command(self.folder),
            env={**self.sandbox.environment(), **hub_settings(NAME), **WHERE, **settings},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def cluster_id(self) -> str:
        """Resource id of the cluster."""
        return self.resource_id("Microsoft.ContainerService/managedClusters", NAME)

    def resource_id(self, kind: str, name: str) -> str:
        """Return the id of a resource of the hub's group."""
        subscription = self.sandbox.settings["AZURE_SUBSCRIPTION"]
        return f"/subscriptions/{subscription}/resourceGroups/{GROUP}/providers/{kind}/{name}"

    def cluster(self) -> dict[str, Any]:
        """Return the cluster."""
        return Portal(self.sandbox).arm("GET", self.cluster_id, CLUSTERS_API)

    def pool(self, name: str) -> dict[str, Any]:
        """Return a node pool of the cluster."""
        pools = self.cluster()["properties"]["agentPoolProfiles"]
        return next(dict(pool) for pool in pools if pool["name"] == name)

    def ask_cluster(self, method: str, action: str = "", body: object = None) -> None:
        """Send a request about the cluster, as its administrator."""
        Portal(self.sandbox).arm(method, f"{self.cluster_id}{action}", CLUSTERS_API, body)

    def revision(self) -> int:
        """Return the number of the newest revision of the BinderHub release."""
        where = ("--namespace", NAME, "--kube-context", NAME, "--output", "json")
        ran = run(self.sandbox, "helm", "list", *where)
        return int(json.loads(ran.stdout)[0]["revision"])
