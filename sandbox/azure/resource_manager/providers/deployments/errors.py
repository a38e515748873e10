"""What is wrong with a template, in Azure's own codes and words.

People and azure-cli read these texts, and the portal shows them: a template that Azure would refuse must be
refused here with the same sentence, so that a failing test reads like a failing click.
"""

from __future__ import annotations

from sandbox.azure.resource_manager.core.errors import ArmError, bad_request

USAGE = "https://aka.ms/arm-functions"


class ExpressionError(Exception):
    """An expression that can't be parsed or evaluated; the text says why, in Azure's words."""


class ReferenceNeeded(Exception):  # noqa: N818 - a request, not an error: the caller fetches it and evaluates again
    """The evaluation needs the live state of a resource that it has not been given yet.

    Args:
        target: the resource's id, or its name when the template itself creates it.
        api_version: the version to ask with, None for the one that the template creates it with.

    """

    def __init__(self, target: str, api_version: str | None) -> None:
        super().__init__(target)
        self.target = target
        self.api_version = api_version


def validation_failed(reason: str) -> ArmError:
    """Return the error of a template that is refused before anything is created."""
    return bad_request("InvalidTemplate", f"Deployment template validation failed: '{reason}'.")


def unknown_function(name: str) -> ExpressionError:
    """Return the error of a function that doesn't exist."""
    return ExpressionError(
        f"The template function '{name}' is not valid. Please see {USAGE} for usage details."
    )


def misplaced_function(name: str) -> ExpressionError:
    """Return the error of a function that exists, but not where it stands."""
    return ExpressionError(
        f"The template function '{name}' is not expected at this location. Please see {USAGE} for usage "
        "details."
    )
