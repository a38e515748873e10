"""Digests of charts, and addresses that the Kubernetes API answers: what is read, and what is refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from deployer.settings import Settings
from tests.deployer.settings_of import USUAL, settings_of

D = "0d" * 32
ACCEPTED = [
    ("chart_digests", f"cert-manager-1.20.2=sha256:{D}", {"cert-manager-v1.20.2": f"sha256:{D}"}),
    ("chart_digests", f'{{"traefik-v41.3.0": "{D}"}}', {"traefik-41.3.0": f"sha256:{D}"}),
    ("api_server_authorized_ranges", "0.0.0.0/0", ("0.0.0.0/0",)),
    ("api_server_authorized_ranges", '["0.0.0.0/32"]', ("0.0.0.0/32",)),
]
REFUSED = [
    ("chart_digests", "{not json", "is not JSON"),
    ("chart_digests", f"jupyterhub-4.2.0={'0' * 64}", "names something else than a version of the charts"),
    ("chart_digests", "traefik-41.3.0=sha256:abc", "has a digest that is no SHA-256"),
    ("chart_digests", "traefik-41.3.0", "has a digest that is no SHA-256"),
    ("api_server_authorized_ranges", "office", "must list IPv4 addresses or ranges"),
    ("api_server_authorized_ranges", "2001:db8::/32", "must list IPv4 addresses or ranges"),
    ("api_server_authorized_ranges", "192.168.1.0/24", "addresses of private networks"),
    ("api_server_authorized_ranges", "0.0.0.0/1", "addresses of private networks"),
    ("api_server_authorized_ranges", "0.0.0.0/0, 192.0.2.1", "which is everybody"),
    ("api_server_authorized_ranges", ",".join(f"192.0.2.{n}" for n in range(200)), "more than 199 ranges"),
]


@pytest.mark.parametrize(("name", "written", "read"), ACCEPTED)
def test_a_value_is_read_as(name: str, written: str, read: object) -> None:
    assert getattr(settings_of(**{name: written}), name) == read


@pytest.mark.parametrize(("name", "written", "rule"), REFUSED)
def test_a_value_is_refused_with_the_rule(name: str, written: str, rule: str) -> None:
    with pytest.raises(ValidationError, match=rule):
        settings_of(**{name: written})


@pytest.mark.parametrize("value", [5, ["traefik-41.3.0"]])
def test_digests_are_text_or_an_object(value: object) -> None:
    with pytest.raises(ValidationError, match="must be digests of charts"):
        Settings.model_validate({**USUAL, "chart_digests": value})
