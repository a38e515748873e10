"""The settings of the last deployment, kept as JSON: what is kept, and what is laid over them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from deployer.errors import SettingsError
from deployer.settings import Settings, load_settings
from deployer.settings.loading import load_over, without_derived
from deployer.settings.model import OF_ONE_RUN
from tests.deployer.settings.examples import EXAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable

    from deployer.settings import LoadedSettings

MINIMAL = {"binderhub_name": "demo", "resource_group_name": "research"}


def kept(**given: str) -> dict[str, object]:
    """Return what is kept of settings, after its way through JSON."""
    return dict(json.loads(json.dumps(Settings.model_validate({**MINIMAL, **given}).chosen())))


@pytest.mark.parametrize("name", sorted(set(EXAMPLES) - OF_ONE_RUN))
def test_what_is_kept_of_a_setting_reads_as_the_same_setting(name: str) -> None:
    settings = Settings.model_validate({**MINIMAL, name: EXAMPLES[name][0]})
    again = Settings.model_validate({**MINIMAL, **kept(**{name: EXAMPLES[name][0]})})
    assert getattr(again, name) == getattr(settings, name)


@pytest.mark.parametrize("name", sorted(OF_ONE_RUN & set(EXAMPLES)))
def test_what_belongs_to_one_run_is_not_kept(name: str) -> None:
    assert kept(**{name: EXAMPLES[name][0]}) == {}


def test_defaults_are_not_kept_so_that_they_follow_the_deployer() -> None:
    assert kept(aks_node_count="1", docker_image_prefix="binder-") == {}


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({"aks_node_count_max": "5"}, {"AKS_NODE_COUNT_MAX": "10"}, {"total_quota": 80}),
        ({"aks_node_count_max": "5"}, {"AKS_NODE_COUNT_MAX": "3"}, {"total_quota": 24}),
        ({"aks_node_count_max": "5"}, {"TOTAL_QUOTA": "30"}, {"per_repository_quota": 30}),
        ({"user_memory_limit": "1G"}, {"USER_MEMORY_LIMIT": "4G"}, {"total_quota": 12}),
        ({"aks_node_count": "5"}, {"AKS_NODE_COUNT": "8"}, {"aks_node_count_max": 8}),
        (
            {"aks_node_vm_size": "Standard_D4s_v5"},
            {"AKS_NODE_VM_SIZE": "Standard_D8s_v5"},
            {"aks_system_node_vm_size": "Standard_D8s_v5"},
        ),
    ],
)
def test_what_follows_from_other_settings_follows_those_that_are_given_now(
    before: dict[str, str],
    now: dict[str, str],
    expected: dict[str, object],
    load_environment: Callable[..., LoadedSettings],
) -> None:
    assert set(kept(**before)) == set(before)
    over = load_over(kept(**before), load_environment(**now)).settings
    assert {name: getattr(over, name) for name in expected} == expected


@pytest.mark.usefixtures("needed")
@pytest.mark.parametrize("empty", ["", "null", "[]"])
def test_an_empty_value_on_the_command_line_ends_what_the_last_deployment_had(empty: str) -> None:
    before = kept(stop_schedule="Sat-Sun", allowed_origins="https://a.example.org")
    loaded = load_settings({"allowed_origins": empty, "domain_name": None}, None)
    over = load_over(before, loaded).settings
    assert (over.allowed_origins, over.stop_schedule) == ((), "Sat-Sun")


def test_an_empty_variable_leaves_what_the_last_deployment_had(
    load_environment: Callable[..., LoadedSettings],
) -> None:
    over = load_over(kept(stop_schedule="Sat-Sun"), load_environment(STOP_SCHEDULE="")).settings
    assert over.stop_schedule == "Sat-Sun"


def test_a_setting_that_was_given_is_kept_where_it_is_what_would_follow_from_others(
    load_environment: Callable[..., LoadedSettings],
) -> None:
    before = kept(aks_node_count_max="5", total_quota="40")
    over = load_over(before, load_environment(AKS_NODE_COUNT_MAX="10")).settings
    assert over.total_quota == 40


@pytest.mark.parametrize(
    ("stored", "given"),
    [
        (
            {
                "aks_node_count_max": 5,
                "total_quota": 40,
                "per_repository_quota": 40,
                "time_zone": "Europe/Rome",
            },
            {"aks_node_count_max": 5, "time_zone": "Europe/Rome"},
        ),
        ({"total_quota": 30, "per_repository_quota": 30}, {"total_quota": 30}),
        ({"total_quota": 30, "per_repository_quota": 20}, {"total_quota": 30, "per_repository_quota": 20}),
        ({"no_setting_any_more": 1}, {"no_setting_any_more": 1}),
    ],
)
def test_what_earlier_releases_kept_of_values_that_follow_from_others_is_left_out(
    stored: dict[str, object], given: dict[str, object]
) -> None:
    assert without_derived(stored) == given


def test_what_is_given_now_is_laid_over_what_was_kept(
    load_environment: Callable[..., LoadedSettings],
) -> None:
    given = load_environment(AKS_NODE_COUNT="2")
    over = load_over({"aks_node_count": 3, "time_zone": "Europe/London"}, given).settings
    assert (over.aks_node_count, over.time_zone) == (2, "Europe/London")


def test_a_form_that_fills_every_field_lays_only_other_answers_than_its_own_over(
    load_environment: Callable[..., LoadedSettings],
) -> None:
    filled_in = {"CONTAINER_GROUP_NAME": "demo-deployer", "AKS_NODE_COUNT": "1", "TIME_ZONE": "Europe/Paris"}
    over = load_over(
        {"aks_node_count": 3, "time_zone": "Europe/London"}, load_environment(**filled_in)
    ).settings
    assert (over.aks_node_count, over.time_zone) == (3, "Europe/Paris")


def test_a_form_lays_over_what_it_leaves_to_the_deployer_unless_somebody_answers(
    load_environment: Callable[..., LoadedSettings],
) -> None:
    filled_in = {"CONTAINER_GROUP_NAME": "demo-deployer", "AKS_NODE_COUNT_MAX": "3", "TOTAL_QUOTA": "0"}
    over = load_over({"aks_node_count_max": 5, "total_quota": 20}, load_environment(**filled_in)).settings
    assert (over.aks_node_count_max, over.total_quota) == (3, 20)


def test_what_does_not_go_together_is_refused(load_environment: Callable[..., LoadedSettings]) -> None:
    with pytest.raises(SettingsError) as caught:
        load_over({"aks_node_count_max": 2}, load_environment(AKS_NODE_COUNT="5"))
    assert [problem.setting for problem in caught.value.problems] == [
        "AKS_NODE_COUNT_MAX of the last deployment"
    ]


def test_loading_twice_is_not_needed() -> None:
    assert load_settings(dict(MINIMAL), None).settings.chosen() == {}
