"""ACTION and EXIT_ZERO_WHEN_HANDLED are read before all other settings."""

from __future__ import annotations

import pytest

from deployer.errors import SettingsError
from deployer.settings import action, exit_zero_when_handled


@pytest.mark.parametrize(
    ("written", "named"),
    [(None, "deploy"), ("null", "deploy"), ("", "deploy"), (" Deploy", "deploy"), ("STOP", "stop")],
)
def test_the_action_is_read_without_any_other_setting(
    written: str | None, named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if written is not None:
        monkeypatch.setenv("ACTION", written)
    assert action() == named


def test_names_of_variables_may_be_in_any_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("action", "stop")
    monkeypatch.setenv("Exit_Zero_When_Handled", "true")
    assert (action(), exit_zero_when_handled()) == ("stop", True)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("teardwon", "Did you mean teardown?"),
        ("plan", "must be deploy, upgrade"),
    ],
)
def test_an_action_that_is_not_there_is_refused_with_all_other_problems(
    written: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACTION", written)
    monkeypatch.setenv("AKS_NODE_COUNT", "-1")
    monkeypatch.setenv("BINDERHUB_NAME", "demo")
    monkeypatch.setenv("RESOURCE_GROUP_NAME", "g")
    with pytest.raises(SettingsError) as caught:
        action()
    count, action_problem = caught.value.problems
    assert count.setting.startswith("AKS_NODE_COUNT")
    assert told in str(action_problem)


@pytest.mark.parametrize(
    ("written", "handled"),
    [(None, False), ("true", True), ("True", True), ("false", False), ("perhaps", False), ("null", False)],
)
def test_the_exit_status_is_read_without_any_other_setting(
    written: str | None,
    handled: bool,  # noqa: FBT001 - a case of the table
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if written is not None:
        monkeypatch.setenv("EXIT_ZERO_WHEN_HANDLED", written)
    assert exit_zero_when_handled() is handled
