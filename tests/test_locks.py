"""The lock files hold what is asked for, each package with hashes, and leave open where it comes from."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
WHOLE = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT = WHOLE["project"]
BUILD, NODEJS, INSTALLER = (WHOLE["dependency-groups"][name] for name in ("build", "nodejs", "installer"))
PRODUCT = PROJECT["dependencies"]
DEVELOPMENT = [*PRODUCT, *PROJECT["optional-dependencies"]["development"]]
LOCKS = (
    "requirements.lock",
    "requirements-development.lock",
    "requirements-build.lock",
    "sandbox/azurite/requirements.lock",
    "sandbox/setup/requirements.lock",
)


def locked(name: str) -> dict[str, tuple[str, int]]:
    """Return version and number of hashes of each package of a lock file."""
    text = (ROOT / name).read_text(encoding="utf-8")
    entries = re.findall(
        r"^([A-Za-z0-9._-]+)==([^\s;]+)(.*?)(?=^\S|\Z)", text, flags=re.MULTILINE | re.DOTALL
    )
    return {
        canonicalize_name(package): (version, rest.count("--hash=")) for package, version, rest in entries
    }


@pytest.mark.parametrize(
    ("name", "wanted"),
    list(zip(LOCKS, (PRODUCT, DEVELOPMENT, BUILD, NODEJS, INSTALLER), strict=True)),
)
def test_a_lock_fits_what_is_asked_for(name: str, wanted: list[str]) -> None:
    versions = locked(name)
    for text in wanted:
        requirement = Requirement(text)
        version, _ = versions[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), (
            f"{requirement} is locked at {version}: run `make lock`"
        )


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_of_a_lock_has_its_hashes(name: str) -> None:
    packages = locked(name)
    assert packages
    assert [package for package, (_, hashes) in packages.items() if not hashes] == []


@pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-build.lock", "sandbox/setup/requirements.lock"]
)
def test_the_locks_agree(name: str) -> None:
    packages, development = locked(name), locked("requirements-development.lock")
    assert {name: development.get(name) for name in packages} == packages


def test_the_group_asks_for_what_the_build_system_asks_for() -> None:
    assert WHOLE["build-system"]["requires"] == BUILD


@pytest.mark.parametrize("name", ["ruff", "mypy", "pytest", "uv"])
def test_the_image_gets_no_development_tool(name: str) -> None:
    assert name not in locked("requirements.lock")
    assert name in locked("requirements-development.lock")


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_registry(name: str) -> None:
    assert "://" not in (ROOT / name).read_text(encoding="utf-8")


def test_the_lock_of_azurite_names_no_registry() -> None:
    lock = json.loads((ROOT / "sandbox" / "azurite" / "package-lock.json").read_text(encoding="utf-8"))
    packages = lock["packages"]
    assert all(package.get("integrity") for name, package in packages.items() if name)
    assert [name for name, package in packages.items() if "resolved" in package] == []
