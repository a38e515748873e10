"""Which names are aliases of which."""

from __future__ import annotations

import pytest
from starlette.responses import PlainTextResponse

from sandbox.network.dns import Dns
from sandbox.network.hosts import Hosts


class Zone:
    """Name servers of one zone."""

    def __init__(self, name: str, records: dict[str, str]) -> None:
        self._name = name
        self._records = records

    def answers_for(self, host: str) -> bool:
        return host.endswith(self._name)

    def cname(self, host: str) -> str | None:
        return self._records.get(host)


def test_a_name_without_a_record_stands_for_itself() -> None:
    assert Dns().canonical("Binder.Example.ORG.") == "binder.example.org"


def test_aliases_are_followed_from_server_to_server() -> None:
    dns = Dns()
    dns.delegate_to(Zone("example.org", {"binder.example.org": "Hub.Example.net."}))
    dns.set_record("hub.example.net", "demo.westeurope.cloudapp.azure.com")
    assert dns.canonical("binder.example.org") == "demo.westeurope.cloudapp.azure.com"


@pytest.mark.parametrize(
    "targets", [{"a.example": "a.example"}, {"a.example": "b.example", "b.example": "a.example"}]
)
def test_aliases_that_go_round_lead_nowhere(targets: dict[str, str]) -> None:
    dns = Dns()
    for host, target in targets.items():
        dns.set_record(host, target)
    assert dns.canonical("a.example") is None


def test_nobody_else_answers_for_a_zone_of_azure_dns() -> None:
    dns = Dns()
    dns.set_record("binder.example.org", "elsewhere.example")
    dns.delegate_to(Zone("example.org", {}))
    assert dns.canonical("binder.example.org") == "binder.example.org"
    with pytest.raises(ValueError, match="zone of Azure DNS"):
        dns.set_record("hub.example.org", "elsewhere.example")


def test_an_alias_is_answered_by_whoever_answers_its_target() -> None:
    dns, app = Dns(), PlainTextResponse("hello")
    hosts = Hosts(dns)
    hosts.serve("*.cloudapp.azure.com", app)
    assert hosts.app_for("binder.example.org") is None
    dns.set_record("binder.example.org", "demo.westeurope.cloudapp.azure.com")
    assert hosts.app_for("binder.example.org") is app
    dns.remove_record("binder.example.org")
    assert hosts.app_for("binder.example.org") is None
