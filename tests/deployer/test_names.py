"""Every derived name keeps the rules of Azure, Kubernetes and Helm, for every name a hub may have."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from deployer.errors import SettingsError
from deployer.names import derive_names, shortened
from deployer.settings import Settings

SUBSCRIPTION = "5ab0ca5e-0000-4000-8000-000000000001"
PLACE: dict[str, Any] = {
    "azure_subscription": SUBSCRIPTION,
    "resource_group_name": "research",
    "resource_group_location": "westeurope",
}

# Microsoft's "Naming rules and restrictions for Azure resources", Kubernetes' RFC 1123 labels, Helm's limit.
RULES = {
    "hub": r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
    "cluster": r"[A-Za-z0-9]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?",
    "dns_prefix": r"[A-Za-z0-9]([A-Za-z0-9-]{0,52}[A-Za-z0-9])?",
    # A label of every node, so Kubernetes' rule for values of labels.
    "node_resource_group": r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?",
    "registry": r"[a-z0-9]{5,50}",
    "registry_project": r"[a-z0-9]+(-+[a-z0-9]+)*",
    "pull_token": r"[A-Za-z0-9-]{5,50}",
    "registry_token": r"[A-Za-z0-9-]{5,50}",
    "release": r"[a-z0-9]([a-z0-9-]{0,51}[a-z0-9])?",
    "namespace": r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
    "binder_label": r"[a-z][a-z0-9-]{1,61}[a-z0-9]",
    "hub_label": r"[a-z][a-z0-9-]{1,61}[a-z0-9]",
}

LETTERS = "abcxyz"
hub_names = st.from_regex(r"[a-zA-Z][a-zA-Z0-9_. -]{0,70}[a-zA-Z0-9]", fullmatch=True)
group_names = st.from_regex(r"[\w().-]{0,89}[\w()-]", fullmatch=True)


def accepted(hub: str, group: str = "research") -> Settings | None:
    """Return settings with this hub's name, None when it is refused."""
    try:
        return Settings(**{**PLACE, "binderhub_name": hub, "resource_group_name": group})
    except ValidationError:
        return None


@given(hub=hub_names, group=group_names)
def test_every_derived_name_keeps_its_rule(hub: str, group: str) -> None:
    settings = accepted(hub, group)
    if settings is None:
        return
    names = asdict(derive_names(settings))
    broken = {name: names[name] for name, rule in RULES.items() if not re.fullmatch(rule, names[name])}
    assert not broken
    assert len(names["binder_host"]) < 253


@pytest.mark.parametrize("group", ["Ü" * 90, "(the).group(of_Übung)", "a" * 89 + ")", "_", "." * 89 + "x"])
def test_the_strangest_groups_give_names_that_nodes_can_carry(group: str) -> None:
    settings = accepted("a" * 59, group)
    assert settings is not None
    name = derive_names(settings).node_resource_group
    assert re.fullmatch(RULES["node_resource_group"], name)
    assert name != derive_names(settings.model_copy(update={"resource_group_name": "x"})).node_resource_group


@given(hub=st.from_regex(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", fullmatch=True))
def test_names_within_the_rule_are_kept_as_they_are(hub: str) -> None:
    settings = accepted(hub)
    assert settings is None or derive_names(settings).hub == hub


@pytest.mark.parametrize("hub", ["demo", "my-hub", "a" * 59])
def test_usual_names_are_accepted(hub: str) -> None:
    assert accepted(hub) is not None


@given(text=st.text(alphabet=LETTERS + "-", min_size=1, max_size=200), longest=st.integers(30, 80))
def test_a_shortened_name_fits_and_differs_where_the_whole_one_did(text: str, longest: int) -> None:
    short = shortened(text, longest)
    assert len(short) <= longest
    assert short == text or short != shortened(f"{text}x", longest)


def names_of(**given_values: str) -> Any:
    return derive_names(Settings(**{**PLACE, "binderhub_name": "demo", **given_values}))


def test_plain_http_is_served_at_azures_own_names() -> None:
    names = names_of()
    assert names.binder_url == "http://demo.westeurope.cloudapp.azure.com"
    assert names.hub_url == "http://demo-hub.westeurope.cloudapp.azure.com"
    assert names.binder_host.split(".")[0] == names.binder_label
    assert names.hub_host.split(".")[0] == names.hub_label


def test_an_email_is_enough_for_https_at_azures_own_names() -> None:
    names = names_of(contact_email="admin@example.org")
    assert names.binder_url == "https://demo.westeurope.cloudapp.azure.com"
    assert names.hub_url == "https://demo-hub.westeurope.cloudapp.azure.com"


def test_an_own_domain_has_two_names_for_the_load_balancers_one() -> None:
    names = names_of(contact_email="admin@example.org", domain_name="lab.example.org")
    assert (names.binder_url, names.hub_url) == (
        "https://binder.lab.example.org",
        "https://hub.lab.example.org",
    )
    assert names.cname_target == "demo.westeurope.cloudapp.azure.com"


def test_an_own_domain_is_not_served_without_https() -> None:
    assert names_of(domain_name="lab.example.org") == names_of()


def test_the_same_settings_give_the_same_names() -> None:
    assert names_of() == names_of()
    assert names_of() == names_of(binderhub_name="Demo")


@pytest.mark.parametrize(
    "other",
    [
        {"azure_subscription": "5ab0ca5e-0000-4000-8000-000000000009"},
        {"resource_group_name": "teaching"},
        {"binderhub_name": "demo2"},
    ],
)
def test_another_place_or_hub_has_another_registry(other: dict[str, str]) -> None:
    assert names_of(**other).registry != names_of().registry


def test_azure_does_not_tell_upper_from_lower_case_nor_do_derived_names() -> None:
    assert names_of(resource_group_name="Research").registry == names_of().registry


def test_a_given_registry_name_is_used() -> None:
    assert names_of(registry_name="ourregistry").registry == "ourregistry"


def test_the_users_tags_stand_beside_ours() -> None:
    assert names_of(tags="team=lab").tags == {
        "team": "lab",
        "binderhub-name": "demo",
        "binderhub-created-by": "binderhub-deployer",
    }


@pytest.mark.parametrize(
    ("unknown", "told"),
    [
        ({"azure_subscription": None}, ["AZURE_SUBSCRIPTION"]),
        ({"azure_subscription": "Research Credits"}, ["AZURE_SUBSCRIPTION"]),
        ({"resource_group_location": None}, ["RESOURCE_GROUP_LOCATION"]),
    ],
)
def test_names_are_not_guessed_before_azure_was_asked(unknown: dict[str, Any], told: list[str]) -> None:
    settings = Settings(**{**PLACE, "binderhub_name": "demo", **unknown})
    with pytest.raises(SettingsError) as caught:
        derive_names(settings)
    assert [problem.setting for problem in caught.value.problems] == told
    resolved = settings.resolved(subscription_id=SUBSCRIPTION, location="westeurope")
    assert derive_names(resolved) == names_of()


def test_names_are_frozen() -> None:
    names = names_of()
    with pytest.raises(AttributeError):
        names.hub = "other"
    assert replace(names, hub="other").hub == "other"
