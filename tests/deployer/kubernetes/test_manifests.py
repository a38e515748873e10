"""The hub's namespace: what other people's code may reach there."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr

from deployer.certificates.authorities import LETSENCRYPT, ZEROSSL, AccountBinding
from deployer.certificates.manifests import render_account_binding, render_certificate, render_issuer
from deployer.comparison import contains
from deployer.kubernetes.manifests import render_namespace
from deployer.kubernetes.network_policies import render_network_policies, render_visitor_policies
from tests.deployer.hubs import AZURE_NAMES, OWN_DOMAIN, PLAIN_HTTP, hub_settings, names_of


@pytest.fixture
def manifests() -> dict[str, dict[str, Any]]:
    return {manifest["kind"]: manifest for manifest in render_namespace(hub_settings(), names_of())}


def test_everything_is_in_the_hubs_namespace(manifests: dict[str, dict[str, Any]]) -> None:
    assert manifests.pop("Namespace")["metadata"]["name"] == "our-hub"
    assert {manifest["metadata"]["namespace"] for manifest in manifests.values()} == {"our-hub"}


def test_the_namespace_comes_first() -> None:
    assert render_namespace(hub_settings(), names_of())[0]["kind"] == "Namespace"


def test_build_pods_get_no_token(manifests: dict[str, dict[str, Any]]) -> None:
    account = manifests["ServiceAccount"]
    assert account["metadata"]["name"] == "default"
    assert account["automountServiceAccountToken"] is False


def test_every_namespace_is_closed_unless_a_policy_opens_it() -> None:
    settings, names = hub_settings(), names_of()
    for namespace in ("our-hub", "ingress", "cert-manager"):
        (closed,) = [
            policy
            for policy in render_network_policies(namespace, settings, names)
            if policy["metadata"]["name"] == "closed-by-default"
        ]
        assert closed["metadata"]["namespace"] == namespace
        assert closed["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def test_a_setting_that_is_taken_back_closes_what_it_opened() -> None:
    def live(**given: str) -> list[dict[str, Any]]:
        settings, names = hub_settings(**given), names_of(**given)
        return [
            *render_network_policies(names.namespace, settings, names),
            *render_visitor_policies(settings, names),
        ]

    for before, after in (
        ({"egress_ports": "8000-8010"}, {"egress_ports": "8000"}),
        ({"egress_ports": "22"}, {}),
        (AZURE_NAMES, PLAIN_HTTP),
        (PLAIN_HTTP, AZURE_NAMES),
    ):
        assert not contains(live(**before), live(**after))
        assert contains(live(**after), live(**after))


def test_both_names_stand_in_one_certificate_which_fills_the_ingresses_secret() -> None:
    spec = render_certificate(names_of(**OWN_DOMAIN), LETSENCRYPT)["spec"]
    assert spec == {
        "secretName": "binderhub-tls",
        "dnsNames": ["binder.hub.example.org", "hub.hub.example.org"],
        "issuerRef": {"group": "cert-manager.io", "kind": "ClusterIssuer", "name": "letsencrypt"},
    }


def test_an_account_that_needs_no_binding_names_none() -> None:
    acme = render_issuer(LETSENCRYPT, "admin@example.org")["spec"]["acme"]
    assert acme["server"] == "https://acme-v02.api.letsencrypt.org/directory"
    assert acme["email"] == "admin@example.org"
    assert acme["solvers"] == [{"http01": {"ingress": {"ingressClassName": "traefik"}}}]
    assert "externalAccountBinding" not in acme


def test_an_accounts_binding_refers_to_the_secret_that_keeps_it() -> None:
    secret = render_account_binding(AccountBinding("key-1", SecretStr("canary: {}")))
    binding = render_issuer(ZEROSSL, "admin@example.org", "key-1")["spec"]["acme"]["externalAccountBinding"]
    assert binding["keyID"] == secret["stringData"]["keyId"] == "key-1"
    assert secret["stringData"][binding["keySecretRef"]["key"]] == "canary: {}"
    assert secret["metadata"]["name"] == binding["keySecretRef"]["name"]
    assert secret["metadata"]["namespace"] == "cert-manager"
