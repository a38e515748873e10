"""The two sites of a hub, at the addresses that its release was installed with, and whether they answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from deployer.cloud import ADDRESS_SUFFIX
from deployer.settings.chart_values import value_at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from deployer.azure.session import Session


@dataclass(frozen=True)
class Sites:
    """The URLs of the two sites of a hub."""

    binder: str
    hub: str

    @property
    def probes(self) -> tuple[str, str]:
        """The URLs that only BinderHub and JupyterHub answer."""
        return f"{self.binder}/versions", f"{self.hub}/hub/api"


def sites_of(session: Session, values: Mapping[str, Any] | None) -> Sites:
    """Return the addresses from the values of the release, else those that the settings give.

    The values come first because name and group of a hub say nothing of its domain.
    """
    names = session.names
    if values is None:
        return Sites(names.binder_url, names.hub_url)
    ingress = values.get("ingress") or {}
    hub_url = value_at(values, "config", "BinderHub", "hub_url") or names.hub_url
    if ingress.get("enabled") and ingress.get("hosts"):
        return Sites(f"https://{ingress['hosts'][0]}", hub_url)
    own_name = f"{names.binder_label}.{session.settings.region}.{ADDRESS_SUFFIX}"
    return Sites(f"http://{own_name}", hub_url)


async def answers(url: str) -> bool:
    """Return whether a URL answers."""
    import httpx

    try:
        # Unverified: the state of the certificate is told on its own.
        async with httpx.AsyncClient(timeout=10, follow_redirects=True, verify=False) as client:  # noqa: S501
            return (await client.get(url)).is_success
    except httpx.HTTPError:
        return False
