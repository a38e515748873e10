"""Own domains, whoever runs their DNS, and the ways from one mode to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.visitor.portal import Portal
from tests.end_to_end.deployments import group_of
from tests.end_to_end.https_hubs import EMAIL, ZONES_API, HttpsHub, make_zone, orders, records_of
from tests.end_to_end.logs import messages
from tests.end_to_end.people import OTHER_SUBSCRIPTION

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox.client import RunningSandbox

NAME, ZONES = "moving", "zones"
HTTPS_RELEASES = {"cert-manager", "ingress"}


@pytest.fixture(scope="module")
def hub(sandbox: RunningSandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HttpsHub]:
    """Name a hub that every test deploys in its own way."""
    with group_of(sandbox, NAME), group_of(sandbox, ZONES):
        yield HttpsHub(sandbox, tmp_path_factory.mktemp(NAME), NAME)


def test_every_change_of_mode_leaves_nothing_of_the_one_before(
    sandbox: RunningSandbox, hub: HttpsHub
) -> None:
    make_zone(sandbox, ZONES, "example.org")
    zone_id = make_zone(sandbox, ZONES, "lab.example.org")
    domain = {**EMAIL, "DOMAIN_NAME": "binders.lab.example.org", "DNS_ZONE_RESOURCE_GROUP": ZONES}
    records = {"binder.binders": hub.cname_target, "hub.binders": hub.cname_target}
    ways: tuple[tuple[dict[str, str], str, set[str]], ...] = (
        ({}, f"http://{hub.cname_target}", set()),
        (EMAIL, f"https://{hub.cname_target}", HTTPS_RELEASES),
        (domain, "https://binder.binders.lab.example.org", HTTPS_RELEASES),
        (EMAIL, f"https://{hub.cname_target}", HTTPS_RELEASES),
        ({}, f"http://{hub.cname_target}", set()),
    )
    for settings, url, https_releases in ways:
        ran = hub.deploy(**settings)
        assert ran.status == 0, ran.stderr
        assert (ran.result["binder_url"], ran.result["notes"]) == (url, [])
        assert hub.visit(f"{url}/versions") == 200
        assert hub.visit(f"{ran.result['hub_url']}/hub/api") == 200
        assert set(hub.releases()) == {hub.name, *https_releases}
        assert records_of(sandbox, zone_id) == (records if settings is domain else {})
        again, written = hub.deploy_again(**settings)
        assert (again.status, written) == (0, [])


def test_a_record_of_somebody_elses_is_never_overwritten(sandbox: RunningSandbox, hub: HttpsHub) -> None:
    zone_id = make_zone(sandbox, ZONES, "taken.example.net")
    theirs = {"properties": {"TTL": 60, "CNAMERecord": {"cname": "elsewhere.example.net"}}}
    for name in ("binder", "hub"):
        Portal(sandbox).arm("PUT", f"{zone_id}/CNAME/{name}", ZONES_API, theirs)
    ran = hub.deploy(**EMAIL, DOMAIN_NAME="taken.example.net", DNS_ZONE_RESOURCE_GROUP=ZONES)
    assert ran.status == 1
    for name in ("binder", "hub"):  # both in one error, not one a run
        assert f"{name}.taken.example.net already is a CNAME of elsewhere.example.net" in ran.stderr
    assert records_of(sandbox, zone_id)["binder"] == "elsewhere.example.net"


def test_a_domain_whose_dns_is_late_gets_its_certificate_in_a_later_run(
    sandbox: RunningSandbox, hub: HttpsHub
) -> None:
    domain = {**EMAIL, "DOMAIN_NAME": "late.example.com"}
    hosts = ("binder.late.example.com", "hub.late.example.com")
    # A zone on which the deployer has no role helps no more than none.
    never = hub.deploy(**domain, DNS_ZONE_RESOURCE_GROUP=f"{OTHER_SUBSCRIPTION}/resourceGroups/zones")
    assert never.status == 0, never.stderr
    assert "Give it the role DNS Zone Contributor on the DNS zone" in messages(never, "warning")
    (note,) = never.result["notes"]
    for host in hosts:
        line = f"{host}. CNAME {hub.cname_target}."
        assert line in note
        assert line in hub.next_steps()
    assert hub.record()["hub"]["dns_records"] == [{"name": host, "cname": hub.cname_target} for host in hosts]
    before = orders(sandbox)
    try:
        for host in hosts:
            sandbox.ask("PUT", f"/dns-records/{host}", {"cname": hub.cname_target})
        late = hub.deploy(**domain)
        assert (late.status, late.result["notes"]) == (0, [])
        # The order that waited for the names is the one that is fulfilled.
        assert orders(sandbox) == before
        assert hub.visit("https://binder.late.example.com/versions") == 200
    finally:
        for host in hosts:
            sandbox.ask("DELETE", f"/dns-records/{host}")
