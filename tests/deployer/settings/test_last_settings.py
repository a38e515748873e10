"""The settings of the last deployment, kept as JSON: what is kept, and what is laid over them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from deployer.errors import SettingsError
from deployer.settings import Settings, load_settings
from deployer.settings.loading import load_over
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


def test_what_does_not_go_together_is_refused(load_environment: Callable[..., LoadedSettings]) -> None:
    with pytest.raises(SettingsError) as caught:
        load_over({"aks_node_count_max": 2}, load_environment(AKS_NODE_COUNT="5"))
    assert [problem.setting for problem in caught.value.problems] == [
        "AKS_NODE_COUNT_MAX of the last deployment"
    ]


def test_loading_twice_is_not_needed() -> None:
    assert load_settings(dict(MINIMAL), None).settings.chosen() == {}
