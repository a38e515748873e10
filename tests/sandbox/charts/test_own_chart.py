"""The sandbox's own chart: it takes what the deployer gives and refuses what the real one refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft7Validator

from sandbox.internet.charts.packages import OWN_CHARTS
from tests.deployer.hubs import ENTRA, GITHUB, values_of

SETTINGS: list[dict[str, Any]] = [
    {},
    GITHUB,
    ENTRA,
    {"image_builder": "pink"},
    {"allowed_origins": "https://a.example.org, https://b.example.org", "allowed_repositories": "our-lab/*"},
]


@pytest.fixture
def schema() -> Draft7Validator:
    return Draft7Validator(json.loads((OWN_CHARTS / "binderhub" / "values.schema.json").read_text()))


@pytest.mark.parametrize("settings", SETTINGS)
def test_rendered_values_are_taken(schema: Draft7Validator, settings: dict[str, Any]) -> None:
    assert [error.message for error in schema.iter_errors(values_of(**settings).merged())] == []


@pytest.mark.parametrize(
    "values",
    [
        {"imageCleaner": {"imageGCThresholdHigh": "40e9"}},
        {"jupyterhub": {"hub": {"typo": 1}}},
        {"jupyterhub": {"imagePullSecret": {"create": True, "username": "us3r", "password": "p"}}},
        {"service": {"type": "Balancer"}},
        {"typo": 1},
    ],
)
def test_what_the_chart_does_not_know_is_refused(schema: Draft7Validator, values: dict[str, Any]) -> None:
    assert not schema.is_valid(values)
