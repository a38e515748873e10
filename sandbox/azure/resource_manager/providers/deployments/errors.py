"""The errors of templates in Azure's own codes and words.

The portal and azure-cli show these texts, so a test that fails here reads like a click that fails in Azure.
"""

from __future__ import annotations

from sandbox.azure.resource_manager.core.errors import ArmError, bad_request

USAGE = "https://aka.ms/arm-functions"


class ExpressionError(Exception):
    """An expression that can't be parsed or evaluated; its text says why, in Azure's words."""


class ReferenceNeeded(Exception):  # noqa: N818 - a request, not an error: the caller fetches the resource and evaluates once more
    """An expression references a resource that has not been fetched yet.

    Attributes:
        target: id of the resource, or its name if the template creates it.
        api_version: the version to GET it with, None for the one that the template creates it with.

    """

    def __init__(self, target: str, api_version: str | None) -> None:
        super().__init__(target)
        self.target = target
        self.api_version = api_version


def validation_failed(reason: str) -> ArmError:
    """Return the error of a template that is invalid."""
    return bad_request("InvalidTemplate", f"Deployment template validation failed: '{reason}'.")


def unknown_function(name: str) -> ExpressionError:
    """Return the error of a template function that does not exist."""
    return ExpressionError(
        f"The template function '{name}' is not valid. Please see {USAGE} for usage details."
    )


def misplaced_function(name: str) -> ExpressionError:
    """Return the error of a template function that can't be used where it stands."""
    return ExpressionError(
        f"The template function '{name}' is not expected at this location. Please see {USAGE} for usage "
        "details."
    )
