"""Which DNS records a run takes for its own, and which of them it removes."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio

from deployer.azure.dns import ZONE_TYPE, host_of
from deployer.kubernetes.dns_inventory import read_inventory, write_inventory
from deployer.kubernetes.objects import ensure_object
from deployer.steps.cleanup import clean_up
from deployer.steps.dns import ensure_dns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.deployer.steps.conftest import Surroundings

pytestmark = pytest.mark.asyncio(loop_scope="session")

HUB = "our-hub"
SUBSCRIPTION = "5ab0ca5e-0000-4000-8000-000000000001"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/DNS-Zones"
EMAIL = {"contact_email": "a@example.org"}
DOMAIN = {**EMAIL, "domain_name": "lab.example.org", "dns_zone_resource_group": "DNS-Zones"}
HOSTS = {"binder.lab.example.org", "hub.lab.example.org"}


class Azure:
    """A zone and its records by id, which Azure finds in any case."""

    subscription = SUBSCRIPTION

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {}

    @property
    def hosts(self) -> set[str]:
        return {host_of(each["id"]) for each in self.records.values()}

    async def find(self, path: str, _api_version: str) -> dict[str, Any] | None:
        if path.lower() == f"{GROUP}/providers/{ZONE_TYPE}/example.org".lower():
            return {"name": "example.org"}
        return deepcopy(self.records.get(path.lower()))

    async def put(self, path: str, _api: str, body: dict[str, Any], headers: dict[str, str]) -> None:
        assert headers
        self.records[path.lower()] = {**deepcopy(body), "id": path, "etag": "1"}

    async def delete(self, path: str, _api_version: str, headers: dict[str, str]) -> None:
        assert headers
        del self.records[path.lower()]


@pytest_asyncio.fixture(loop_scope="session")
async def azure(surroundings: Surroundings) -> AsyncIterator[Azure]:
    """Deploy the hub's records once; leave no inventory of them."""
    api, azure = surroundings.access.connection, Azure()
    await ensure_object(api, {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": HUB}})
    await run(surroundings, azure, **DOMAIN)
    assert azure.hosts == HOSTS
    yield azure
    await write_inventory(api, HUB, ())


async def run(surroundings: Surroundings, azure: Azure, **settings: str) -> str:
    """Run the steps that write and remove records; return what the last one says."""
    context = surroundings.context(azure, **settings)
    if context.settings.domain_name:
        await ensure_dns(context, surroundings.report)
    return await clean_up(context, surroundings.report)


@pytest.mark.parametrize(
    "spelled", ["dns-zones", "DNS-ZONES", GROUP, GROUP.lower().replace("groups", "Groups")]
)
async def test_the_group_of_a_zone_in_other_letters_holds_the_same_records(
    surroundings: Surroundings, azure: Azure, spelled: str
) -> None:
    again = await run(surroundings, azure, **{**DOMAIN, "dns_zone_resource_group": spelled})
    assert (again, azure.hosts) == ("nothing to remove", HOSTS)
    assert len(await read_inventory(surroundings.access.connection, HUB)) == len(HOSTS)


async def test_records_of_a_domain_that_the_hub_gave_up_go(surroundings: Surroundings, azure: Azure) -> None:
    await run(surroundings, azure, **EMAIL)
    assert azure.hosts == set()


async def test_records_that_a_hub_of_the_same_name_took_over_stay(
    surroundings: Surroundings, azure: Azure
) -> None:
    await run(surroundings, azure, **DOMAIN, resource_group_location="northeurope")
    taken = deepcopy(azure.records)
    await run(surroundings, azure, **EMAIL)
    assert azure.records == taken
    assert await read_inventory(surroundings.access.connection, HUB) == ()
