"""Fixtures for all tests: one sandbox for many tests, as people have one Azure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import hypothesis
import pytest

from sandbox.client import RunningSandbox, start_in_background

if TYPE_CHECKING:
    from collections.abc import Iterator

# How long an example takes is the machine's affair.
hypothesis.settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any-machine")

# Azure's minutes pass in seconds: the order of things stays what it is.
TIME_SCALE = 0.01


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    """Run one sandbox for the whole session; its log is shown when it could not be ended."""
    running = start_in_background(tmp_path_factory.mktemp("sandbox"), f"--time-scale={TIME_SCALE}")
    yield running
    running.stop()
