"""The page about security says what the network policies let through."""

from __future__ import annotations

from deployer.kubernetes.network_policies import NOT_THE_INTERNET
from deployer.settings.types.ports import DEFAULT_EGRESS_PORTS
from tests.docs.reachability_table import MARKS, PAGE, reachability

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_table_is_what_the_policies_say() -> None:
    assert MARKS.findall(TEXT) == [reachability()], "run `make security-page`"


def test_the_page_names_every_port_and_every_network() -> None:
    assert [name for name in (*DEFAULT_EGRESS_PORTS, *NOT_THE_INTERNET) if name not in TEXT] == []
