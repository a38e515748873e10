"""Every setting from every source, the stronger source first, and what can be wrong with a source itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from deployer.errors import SettingsError
from deployer.settings import load_settings
from deployer.settings.model import ALIASES, SECRETS, Settings
from tests.deployer.settings.conftest import NEEDED
from tests.deployer.settings.examples import EXAMPLES, WHOLE_ENVIRONMENT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PATHS = [(name, path) for name, aliases in ALIASES.items() for path in aliases.paths]


def nested(path: str, value: object) -> dict[str, Any]:
    """Return a document that holds `value` at the dotted `path`."""
    key, _, rest = path.partition(".")
    return {key: nested(rest, value) if rest else value}


def problem_of(config: Path) -> str:
    """Return the only problem of loading this file, with the needed settings in the environment."""
    with pytest.raises(SettingsError) as caught:
        load_settings({}, config)
    (problem,) = caught.value.problems
    return str(problem)


def test_there_is_an_example_of_every_setting() -> None:
    assert set(EXAMPLES) == set(Settings.model_fields)


def test_a_whole_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in WHOLE_ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    settings = load_settings({}, None).settings
    assert {name: getattr(settings, name) for name in EXAMPLES} == {
        name: read for name, (_, read) in EXAMPLES.items()
    }


@pytest.mark.parametrize(("name", "path"), PATHS)
def test_a_setting_is_read_from_each_of_its_paths(
    name: str, path: str, write_config: Callable[[object], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in WHOLE_ENVIRONMENT.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delenv(name.upper())
    written, read = EXAMPLES[name]
    settings = load_settings({}, write_config(nested(path, written))).settings
    assert getattr(settings, name) == read


@pytest.mark.usefixtures("needed")
def test_the_command_line_wins_over_the_environment_over_the_file_over_the_default(
    write_config: Callable[[object], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    config = write_config({"azure": {"node_count": 4, "location": "uksouth", "tier": "Standard"}})
    monkeypatch.setenv("AKS_NODE_COUNT", "3")
    monkeypatch.setenv("RESOURCE_GROUP_LOCATION", "eastus")
    settings = load_settings({"aks_node_count": 2}, config).settings
    assert (settings.aks_node_count, settings.resource_group_location) == (2, "eastus")
    assert (settings.aks_tier, settings.registry_sku) == ("Standard", "Basic")


@pytest.mark.parametrize("unset", ["", "  ", "null", "NULL"])
@pytest.mark.usefixtures("needed")
def test_empty_and_null_in_a_stronger_source_leave_the_word_to_a_weaker(
    unset: str, write_config: Callable[[object], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AKS_NODE_COUNT", unset)
    config = write_config({"azure": {"node_count": 4, "vm_size": None, "location": unset}, "docker": None})
    settings = load_settings({"aks_node_count": None}, config).settings
    assert settings.aks_node_count == 4
    assert settings.aks_node_vm_size == "Standard_D2s_v5"
    assert settings.resource_group_location is None


@pytest.mark.usefixtures("needed")
def test_json_values_are_taken_in_their_own_types(write_config: Callable[[object], Path]) -> None:
    config = write_config(
        {
            "enable_https": False,
            "azure": {"node_count": 2, "tags": {"a": "b", "n": 1}},
            "repositories": {"allowed_repositories": ["lab/*"]},
            "helm_values": {"config": {"a": 1}},
            "limits": {"idle_timeout": 900, "user_cpu_limit": 1.5},
        }
    )
    settings = load_settings({}, config).settings
    assert (settings.enable_https, settings.tags) == (False, {"a": "b", "n": "1"})
    assert (settings.idle_timeout, settings.user_cpu_limit) == (900, 1.5)
    assert settings.helm_values is not None
    assert settings.helm_values.get_secret_value() == '{"config": {"a": 1}}'


@pytest.mark.usefixtures("needed")
def test_unknown_variables_are_nobodys_business(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AKS_NODE_COLOUR", "blue")
    assert load_settings({}, None).settings.aks_node_count == 1


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"azure": {\n  "location" "uksouth"}}', "line 2, column 14"),
        ("", "is not JSON (line 1, column 1"),
        ("[1, 2]", "must be a JSON object"),
        ('{"binderhub": {"name": "a", "name": "b"}}', "has the key 'name' twice"),
        ({"docker": ["somebody"]}, "docker in config.json: must be an object."),
        ({"azure": {"locaton": "uksouth"}}, "Did you mean azure.location?"),
        ({"location": "uksouth"}, "Did you mean azure.location?"),
        ({"azure": {"registry_name": "abc"}}, "Did you mean acr.registry_name or azure.res_grp_name?"),
        ({"colour": "blue"}, "colour in config.json: is not a setting. Remove it."),
        ({"https": {"nginx": {"version": "1"}}}, "https.nginx in config.json: is not a setting."),
    ],
)
@pytest.mark.usefixtures("needed")
def test_a_wrong_file_is_told_by_its_place(
    content: object, told: str, write_config: Callable[[object], Path]
) -> None:
    assert told in problem_of(write_config(content))


@pytest.mark.usefixtures("needed")
def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in problem_of(tmp_path / "none.json")


@pytest.mark.usefixtures("needed")
def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_bytes('{"binderhub": {"name": "Zürich"}}'.encode("latin-1"))
    assert "is not text in UTF-8 or UTF-16" in problem_of(path)


def test_a_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"binderhub": {"name": "demo"}, "azure": {"res_grp_name": "g"}}', encoding="utf-8-sig")
    assert load_settings({}, path).settings.binderhub_name == "demo"


def test_an_unreadable_file_is_not_followed_by_what_it_may_hold(tmp_path: Path) -> None:
    assert "none.json" in problem_of(tmp_path / "none.json")


@pytest.mark.usefixtures("needed")
def test_an_unknown_setting_on_the_command_line_is_refused_with_the_one_meant() -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({"aks_node_cuont": "2"}, None)
    assert "--set AKS_NODE_CUONT: is not a setting. Did you mean AKS_NODE_COUNT" in str(
        caught.value.problems[0]
    )


@pytest.mark.parametrize("name", sorted(SECRETS))
@pytest.mark.usefixtures("needed")
def test_a_secret_on_the_command_line_is_refused(name: str) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings({name: "canary: 1"}, None)
    told = [str(problem) for problem in caught.value.problems]
    assert any("can see command lines" in one for one in told)
    assert "canary" not in " ".join(told)


def test_the_model_itself_reads_no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AKS_NODE_COUNT", "3")
    assert Settings(binderhub_name="demo", resource_group_name="g").aks_node_count == 1


def test_the_needed_settings_are_the_only_needed_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)
    settings = load_settings({}, None).settings
    assert (settings.binderhub_name, settings.azure_subscription) == ("demo", None)
