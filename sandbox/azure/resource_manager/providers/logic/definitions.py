"""Validates workflows: the parts of the workflow definition language that the sandbox can run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core import errors
from sandbox.azure.resource_manager.providers.logic.recurrence import problem_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.azure.resource_manager.core.errors import ArmError
    from sandbox.azure.resource_manager.core.resource_types import PutRequest

LANGUAGE = re.compile(
    r"https://schema\.management\.azure\.com/(?:providers/Microsoft\.Logic/)?schemas/2016-06-01/"
    r"(?:Microsoft\.Logic\.json|workflowdefinition\.json#)"
)
MOST_TRIGGERS = 10
MANAGED_IDENTITY = "ManagedServiceIdentity"


def check_definition(request: PutRequest) -> None:
    """Validate the definition of a workflow.

    Raises:
        ArmError: InvalidTemplate, or InvalidRequestContent.

    """
    definition = request.properties.get("definition")
    if not isinstance(definition, dict):
        raise _invalid("The request content is not valid: the property 'definition' is missing.")
    if not LANGUAGE.fullmatch(str(definition.get("$schema"))):
        raise _invalid(f"The template language schema '{definition.get('$schema')}' is not supported.")
    triggers, actions = definition.get("triggers") or {}, definition.get("actions") or {}
    if not triggers or not actions:
        raise _invalid("The template must have at least one trigger and one action.")
    if len(triggers) > MOST_TRIGGERS:
        raise _invalid(f"The template has {len(triggers)} triggers; the maximum is {MOST_TRIGGERS}.")
    for name, trigger in triggers.items():
        _check_trigger(name, trigger)
    for name, action in actions.items():
        _check_action(name, action, request.body.get("identity") or {})


def _check_trigger(name: str, trigger: Mapping[str, Any]) -> None:
    if trigger.get("type") != "Recurrence":
        raise _invalid(f"The trigger '{name}' has the type '{trigger.get('type')}', which is not supported.")
    if problem := problem_of(trigger.get("recurrence") or {}):
        raise _invalid(f"The recurrence of the trigger '{name}' is not valid: {problem}.")


def _check_action(name: str, action: Mapping[str, Any], identity: Mapping[str, Any]) -> None:
    inputs = action.get("inputs") or {}
    if action.get("type") != "Http" or not {"method", "uri"} <= inputs.keys():
        raise _invalid(f"The action '{name}' has to be of the type 'Http', with a method and a uri.")
    authentication = inputs.get("authentication") or {}
    if authentication.get("type") != MANAGED_IDENTITY:
        return
    wanted = authentication.get("identity")
    attached = {each.lower() for each in identity.get("userAssignedIdentities") or {}}
    if wanted is None and "SystemAssigned" not in str(identity.get("type")):
        raise _invalid(f"The action '{name}' uses a managed identity, but the workflow has none of its own.")
    if wanted is not None and wanted.lower() not in attached:
        raise _invalid(f"The action '{name}' uses the identity '{wanted}', which the workflow does not have.")


def _invalid(reason: str) -> ArmError:
    return errors.bad_request("InvalidTemplate", f"The template validation failed: '{reason}'")
