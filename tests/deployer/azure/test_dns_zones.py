"""Which zone a custom domain lies in, and whose subscription that is, found by name alone."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError

from deployer.azure.dns import DnsZones, zone_names

GROUP = "/subscriptions/own/resourceGroups/zones"
ELSEWHERE = "/subscriptions/other/resourceGroups/theirs"
ZONES = "providers/Microsoft.Network/dnsZones"
DOMAIN = "binders.lab.example.org"


class Azure:
    """Answers for the zones that this identity may see, as Azure does; any other zone is forbidden."""

    subscription = "own"

    def __init__(self, *visible: str, absent: str = "missing") -> None:
        self._visible = visible
        self._absent = absent
        self.asked: list[str] = []

    async def find(self, resource_id: str, _api_version: str) -> dict[str, Any] | None:
        self.asked.append(resource_id)
        if resource_id in self._visible:
            return {"name": resource_id.rpartition("/")[2]}
        if self._absent == "missing":
            return None
        refusal = HttpResponseError("may not look")
        refusal.status_code = HTTPStatus.FORBIDDEN
        raise refusal


def zones(azure: Azure, group: str = "zones") -> DnsZones:
    return DnsZones(azure, group)  # type: ignore[arg-type]


def test_a_domain_can_lie_in_the_zones_of_its_parents_but_in_no_top_level_domain() -> None:
    assert zone_names("Binders.lab.example.org") == [DOMAIN, "lab.example.org", "example.org"]
    assert zone_names("example.org") == ["example.org"]


@pytest.mark.parametrize("absent", ["missing", "forbidden"])
async def test_the_longest_zone_that_may_be_seen_is_used(absent: str) -> None:
    azure = Azure(f"{GROUP}/{ZONES}/lab.example.org", f"{GROUP}/{ZONES}/example.org", absent=absent)
    assert await zones(azure).zone_of(DOMAIN) == "lab.example.org"
    assert azure.asked == [f"{GROUP}/{ZONES}/{name}" for name in (DOMAIN, "lab.example.org")]


async def test_no_zone_is_no_error() -> None:
    assert await zones(Azure()).zone_of(DOMAIN) is None


async def test_who_may_not_look_is_not_told_that_there_is_none() -> None:
    with pytest.raises(HttpResponseError, match="may not look"):
        await zones(Azure(absent="forbidden")).zone_of(DOMAIN)


async def test_a_group_of_another_subscription_is_used_as_it_is_written() -> None:
    azure = Azure(f"{ELSEWHERE}/{ZONES}/example.org")
    found = zones(azure, ELSEWHERE)
    assert await found.zone_of(DOMAIN) == "example.org"
    record = found.record("example.org", f"hub.{DOMAIN}", "target")
    assert record.resource_id == f"{ELSEWHERE}/{ZONES}/example.org/CNAME/hub.binders.lab"
