"""Failures of helm say whose fault they are."""

from __future__ import annotations

import pytest
from pyhelm3.errors import Error

from deployer.helm.failures import TAKES_HELM_VALUES, helm_error

# As helm 4 prints them.
FAILED_TEMPLATES = (
    "Error: execution error at (binderhub/templates/NOTES.txt:121:4): \n\nRENAMED: cors.allowOrigin is gone",
    'Error: template: binderhub/templates/deployment.yaml:12:3: executing "x" at <.Values.a.b>: nil pointer',
    'Error: failed at <include "x" .>: error calling include: status 500',
)


@pytest.mark.parametrize("stderr", FAILED_TEMPLATES)
def test_what_a_chart_refuses_is_a_fault_of_the_values(stderr: str) -> None:
    error = helm_error("Helm could not install binderhub", _error(stderr), TAKES_HELM_VALUES)
    assert error.cause == "A template of the chart refuses HELM_VALUES."
    assert error.suggestion == "Correct HELM_VALUES as the chart says."
    assert not error.retryable
    assert not error.passing


def test_a_chart_that_takes_no_values_of_the_user_is_left_at_the_tested_version() -> None:
    error = helm_error("Helm could not install traefik", _error(FAILED_TEMPLATES[0]), "TRAEFIK_VERSION")
    assert error.suggestion == "Leave TRAEFIK_VERSION unset for the version that is known to work."


def _error(stderr: str) -> Error:
    return Error(1, b"", stderr.encode())
