"""An environment without settings, and a config.json to fill."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from deployer.settings import load_settings
from deployer.settings.model import ALIASES
from deployer.settings.sources import IGNORED_VARIABLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deployer.settings import LoadedSettings

NEEDED = {"BINDERHUB_NAME": "demo", "RESOURCE_GROUP_NAME": "research"}


@pytest.fixture(autouse=True)
def no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what the machine happens to have set out of the tests."""
    earlier = [variable for aliases in ALIASES.values() for variable in aliases.variables]
    for name in (*ALIASES, *IGNORED_VARIABLES, *earlier):
        monkeypatch.delenv(name.upper(), raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set what no hub can do without."""
    for name, value in NEEDED.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def write_config(tmp_path: Path) -> Callable[[object], Path]:
    """Write a config.json: text as it is, all else as JSON."""

    def write(content: object) -> Path:
        path = tmp_path / "config.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
        return path

    return write


@pytest.fixture
def load_environment(monkeypatch: pytest.MonkeyPatch, needed: None) -> Callable[..., LoadedSettings]:  # noqa: ARG001 - set before
    """Load settings from these environment variables and the needed ones."""

    def load(**environment: Any) -> LoadedSettings:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        return load_settings({}, None)

    return load
