"""The page of next steps: where the hub is, and what remains to be done."""

from __future__ import annotations

from deployer.outputs.next_steps import render_next_steps
from tests.deployer.hubs import AZURE_NAMES, ENTRA, GITHUB, OWN_DOMAIN, hub_settings, names_of


def test_the_page_names_the_hub_by_its_own_scheme() -> None:
    page = render_next_steps(hub_settings(**AZURE_NAMES), names_of(**AZURE_NAMES))
    assert "https://our-hub.westeurope.cloudapp.azure.com/v2/gh/owner/repo/main" in page
    assert "DNS" not in page
    assert "What is left to do" not in page


def test_notes_stand_at_the_top() -> None:
    page = render_next_steps(hub_settings(), names_of(), ["Something is missing."])
    assert page.index("Something is missing.") < page.index("## Share a link")


def test_an_own_domain_comes_with_its_records() -> None:
    page = render_next_steps(hub_settings(**OWN_DOMAIN), names_of(**OWN_DOMAIN))
    assert "    binder.hub.example.org. CNAME our-hub.westeurope.cloudapp.azure.com.\n" in page
    assert "    hub.hub.example.org. CNAME our-hub.westeurope.cloudapp.azure.com.\n" in page


def test_whoever_removes_a_hub_with_an_own_domain_is_told_to_begin_with_its_records() -> None:
    for zone, what in (({}, "where the DNS"), ({"dns_zone_resource_group": "zones"}, "If you\ndelete")):
        hub = {**OWN_DOMAIN, **zone}
        removal = render_next_steps(hub_settings(**hub), names_of(**hub)).partition("## Remove the hub")[2]
        assert "**The DNS records first.**" in removal
        assert "binder.hub.example.org" in removal
        assert what in removal
    page = render_next_steps(hub_settings(**AZURE_NAMES), names_of(**AZURE_NAMES))
    assert "records first" not in page


def test_sign_in_comes_with_the_redirect_uri_to_register() -> None:
    for way, where in (
        (ENTRA, "Microsoft Entra ID, App registrations"),
        (GITHUB, "Authorization callback URL"),
    ):
        hub = {**AZURE_NAMES, **way}
        page = render_next_steps(hub_settings(**hub), names_of(**hub))
        assert "    https://our-hub-hub.westeurope.cloudapp.azure.com/hub/oauth_callback\n" in page
        assert where in page
    assert "oauth_callback" not in render_next_steps(hub_settings(), names_of())


def test_the_page_says_who_may_use_the_hub() -> None:
    page = render_next_steps(hub_settings(), names_of())
    assert "Anyone who knows the address of this hub can build and run any public repository" in page
    listed = hub_settings(allowed_repositories="our-lab/*")
    assert "the repositories that ALLOWED_REPOSITORIES list" in render_next_steps(listed, names_of())
    for way, provider in ((GITHUB, "GitHub"), (ENTRA, "Microsoft Entra")):
        page = render_next_steps(hub_settings(**AZURE_NAMES, **way), names_of(**AZURE_NAMES, **way))
        assert f"The listed people who sign in with {provider} can build" in page
