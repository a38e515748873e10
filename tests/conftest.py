"""Fixtures for all tests: one sandbox for many tests, as people have one Azure."""

from __future__ import annotations

import gc
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest
from xdist.scheduler import LoadFileScheduling

from deployer.quoting import GUARD, Guard
from deployer.redaction import REDACTOR, Redactor
from sandbox.client import CHECKOUT, RunningSandbox, start_in_background
from sandbox.image.build import Image, build_image, find_image, was_built_before
from sandbox.image.engines import ImageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from xdist.remote import Producer

# Until the tests begin, all that is made stays: see pytest_runtestloop.
gc.disable()

# jsonschema would compile a grammar of addresses in each process, which takes seconds; our schemas need none.
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]

# How long an example takes is the machine's affair.
hypothesis.settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any-machine")

# Azure's minutes pass in seconds: the order of things stays what it is.
TIME_SCALE = 0.01

# Their tests take minutes, or wait for others: what is short fills the end, so that no process is left alone.
FIRST = ("tests/end_to_end/", "tests/reliability/", "tests/hub/")


class Scheduling(LoadFileScheduling):
    """Runs the tests of a file in the same process, and all files of a folder that is a package.

    They share a hub or a cluster, which takes longer to make than most tests: a fixture of the scope
    "package" ends with the last test of such a folder.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = Path(nodeid.partition("::")[0])
        return str(file.parent if (CHECKOUT / file.parent / "__init__.py").exists() else file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """Distribute tests in the way above."""
    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests of deployments first; others stay in their order."""
    items.sort(key=lambda item: not item.nodeid.startswith(FIRST))


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop() -> None:
    """Look for garbage from now on; to look for it while tests are collected took a quarter of that time."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """Run one sandbox for the whole session; its log is shown when it could not be ended."""
    running = start_in_background(tmp_path_factory.mktemp("sandbox"), f"--time-scale={TIME_SCALE}")
    yield running
    running.stop()


@pytest.fixture(scope="session")
def image() -> Image:
    """Return the image of this checkout; a first build takes minutes, and is left to `make image`."""
    if not was_built_before() and find_image() is None:
        pytest.skip("the image was never built on this machine: `make image` builds it")
    try:
        return build_image()
    except ImageError as error:
        pytest.skip(f"the image cannot be built here: {error}")


@pytest.fixture(autouse=True)
def no_secrets_of_other_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the secrets that other tests have made known to this process."""
    for name, value in vars(Redactor()).items():
        monkeypatch.setattr(REDACTOR, name, value)
    for name, value in vars(Guard()).items():
        monkeypatch.setattr(GUARD, name, value)
