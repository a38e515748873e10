"""Hubs with HTTPS for tests: authorities that refuse and count, zones and records, what is left."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sandbox.visitor.portal import Portal
from tests.clusters import kubernetes
from tests.end_to_end.deployments import deploy, latest_record, run, with_writes
from tests.end_to_end.people import make_group

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.client import RunningSandbox
    from tests.end_to_end.deployments import Ran

EMAIL = {"CONTACT_EMAIL": "admin@example.org"}
ZONES_API = "2018-05-01"
# Not where the other tests have their clusters: the quota of cores is a region's.
REGION = "germanywestcentral"


@dataclass(frozen=True)
class HttpsHub:
    """A hub of one name, deployed again and again from a laptop.

    Attributes:
        sandbox: where Azure is.
        folder: where its outputs go.
        name: of the hub, its group, its cluster and its release.

    """

    sandbox: RunningSandbox
    folder: Path
    name: str

    @property
    def cname_target(self) -> str:
        """What records of an own domain have to name."""
        return f"{self.name}.{REGION}.cloudapp.azure.com"

    def deploy(self, **settings: str) -> Ran:
        """Deploy with these settings."""
        return deploy(self.sandbox, self.folder, self.name, RESOURCE_GROUP_LOCATION=REGION, **settings)

    def deploy_again(self, **settings: str) -> tuple[Ran, list[str]]:
        """Deploy with these settings; return the requests that wrote something, too."""
        return with_writes(self.sandbox, lambda: self.deploy(**settings))

    def record(self) -> dict[str, Any]:
        """Return the record of the latest run, which has to keep to its schema."""
        return latest_record(self.folder)

    def next_steps(self) -> str:
        """Return the page of the latest run."""
        latest = json.loads((self.folder / "latest.json").read_text(encoding="utf-8"))
        return Path(self.folder, latest["run"], "next-steps.md").read_text(encoding="utf-8")

    def info(self) -> dict[str, Any]:
        """Return what `info` tells who knows no more than the hub's name and group."""
        where = ("--name", self.name, "--resource-group", self.name)
        return run(self.sandbox, "binderhub-deployer", "info", *where, "--output", "json").result

    def releases(self) -> list[str]:
        """Name the releases in the cluster."""
        command = ("helm", "list", "--all-namespaces", "--output", "json", "--kube-context", self.name)
        return sorted(release["name"] for release in json.loads(run(self.sandbox, *command).stdout))

    def revisions(self) -> dict[str, str]:
        """Return the releases with their revisions."""
        command = ("helm", "list", "--all-namespaces", "--output", "json", "--kube-context", self.name)
        listed = json.loads(run(self.sandbox, *command).stdout)
        return {release["name"]: release["revision"] for release in listed}

    def forget_certificate(self) -> None:
        """Leave nothing in the cluster of the certificate, nor of the accounts with authorities."""
        collections = (
            f"cert-manager.io/v1/namespaces/{self.name}/certificates",
            f"cert-manager.io/v1/namespaces/{self.name}/certificaterequests",
            f"acme.cert-manager.io/v1/namespaces/{self.name}/orders",
            "cert-manager.io/v1/clusterissuers",
        )
        with kubernetes(self.sandbox, self.name) as api:
            for collection in collections:
                api.delete(f"/apis/{collection}").raise_for_status()
            # A certificate that was never issued has no Secret.
            issued = {"fieldSelector": "metadata.name=binderhub-tls"}
            api.delete(f"/api/v1/namespaces/{self.name}/secrets", params=issued).raise_for_status()
            accounts = "/api/v1/namespaces/cert-manager/secrets"
            for secret in api.get(accounts).raise_for_status().json()["items"]:
                if (name := secret["metadata"]["name"]).endswith("-account"):
                    api.delete(f"{accounts}/{name}").raise_for_status()

    def visit(self, url: str) -> int:
        """Open a page as a visitor whose browser checks certificates; return the status."""
        with self.sandbox.client(follow_redirects=True) as client:
            return client.get(url).status_code

    def header(self, url: str, name: str) -> str | None:
        """Return a header of a page as such a visitor gets it."""
        with self.sandbox.client() as client:
            return dict(client.get(url).headers).get(name.lower())


def orders(sandbox: RunningSandbox) -> dict[str, int]:
    """Return how many orders each authority was given so far."""
    authorities = sandbox.ask("GET", "/certificate-authorities").json()
    return {name: entry["orders"] for name, entry in authorities.items()}


@contextmanager
def refusing(sandbox: RunningSandbox, **refusals: str) -> Iterator[None]:
    """Let authorities refuse for a while: `letsencrypt="rateLimited"`."""
    for name, refusal in refusals.items():
        sandbox.ask("PUT", f"/certificate-authorities/{name}", {"refusal": refusal})
    try:
        yield
    finally:
        for name in refusals:
            sandbox.ask("PUT", f"/certificate-authorities/{name}", {"refusal": None})


def make_zone(sandbox: RunningSandbox, group: str, zone: str) -> str:
    """Make a DNS zone in a group of its own; return its id."""
    zone_id = f"{make_group(sandbox, group, REGION)}/providers/Microsoft.Network/dnsZones/{zone}"
    Portal(sandbox).arm("PUT", zone_id, ZONES_API, {"location": "global"})
    return zone_id


def records_of(sandbox: RunningSandbox, zone_id: str) -> dict[str, str]:
    """Return the CNAMEs of a zone, by name."""
    found = Portal(sandbox).arm("GET", f"{zone_id}/CNAME", ZONES_API)["value"]
    return {entry["name"]: entry["properties"]["CNAMERecord"]["cname"] for entry in found}
