"""Azure Policy, applied to what is created or changed: denies it, or adds to it.

The conditions and effects that policies on tags, types, names and regions need; a definition with others is
refused when it is created.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from sandbox.azure.resource_manager.core.errors import ArmError, bad_request
from sandbox.azure.resource_manager.core.ids import ResourceId, lies_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sandbox.azure.resource_manager.core.state import Resource, State

DEFINITIONS = "Microsoft.Authorization/policyDefinitions"
ASSIGNMENTS = "Microsoft.Authorization/policyAssignments"
Rule = dict[str, Any]

_TAG_PARAMETERS = {"tagName": {"type": "String"}}
_WITHOUT_TAG: Rule = {"field": "[concat('tags[', parameters('tagName'), ']')]", "exists": "false"}
# Definitions that Azure has everywhere, by their names there.
BUILT_IN = {
    "871b6d14-10aa-478d-b590-94f262ecfa99": {
        "displayName": "Require a tag on resources",
        "mode": "Indexed",
        "parameters": _TAG_PARAMETERS,
        "policyRule": {"if": _WITHOUT_TAG, "then": {"effect": "deny"}},
    },
    "96670d01-0a4d-4649-9c89-2d3abc0a5025": {
        "displayName": "Require a tag on resource groups",
        "mode": "All",
        "parameters": _TAG_PARAMETERS,
        "policyRule": {
            "if": {
                "allOf": [
                    {"field": "type", "equals": "Microsoft.Resources/subscriptions/resourceGroups"},
                    _WITHOUT_TAG,
                ]
            },
            "then": {"effect": "deny"},
        },
    },
    "4f9dc7db-30c1-420c-b61a-e1d640128d26": {
        "displayName": "Add a tag to resources",
        "mode": "Indexed",
        "parameters": {**_TAG_PARAMETERS, "tagValue": {"type": "String"}},
        "policyRule": {
            "if": _WITHOUT_TAG,
            "then": {
                "effect": "modify",
                "details": {
                    "operations": [
                        {
                            "operation": "add",
                            "field": "[concat('tags[', parameters('tagName'), ']')]",
                            "value": "[parameters('tagValue')]",
                        }
                    ]
                },
            },
        },
    },
}
_TAG = re.compile(r"tags(?:\.(?P<plain>.+)|\['?(?P<name>[^\]']+)'?\])", re.IGNORECASE)
_TESTS = ("equals", "notEquals", "in", "notIn", "like", "notLike", "exists")


@dataclass(frozen=True)
class AssignedPolicy:
    """A policy on a scope.

    Attributes:
        assignment: to the scope.
        definition_id: id of the definition.
        definition: its properties.

    """

    assignment: Resource
    definition_id: ResourceId
    definition: Rule

    @property
    def rule(self) -> Rule:
        """The rule."""
        return dict(self.definition["policyRule"])

    @property
    def mode(self) -> str:
        """The mode, "Indexed" or "All"."""
        return str(self.definition.get("mode", "All"))

    @property
    def effect(self) -> str:
        """The effect, in lower case."""
        return str(self.value(self.rule["then"]["effect"])).lower()

    @property
    def parameters(self) -> dict[str, Any]:
        """The values of the parameters: those of the assignment, else their defaults."""
        declared = self.definition.get("parameters") or {}
        defaults = {name: each["defaultValue"] for name, each in declared.items() if "defaultValue" in each}
        given = self.assignment.properties.get("parameters") or {}
        return defaults | {name: each["value"] for name, each in given.items()}

    def value(self, written: Any) -> Any:
        """Evaluate an expression: a parameter, or a concatenation of parameters and literals."""
        if not isinstance(written, str) or not (written.startswith("[") and written.endswith("]")):
            return written
        parts = re.findall(r"parameters\('([^']+)'\)|'([^']*)'", written)
        found = [self.parameters.get(name) if name else literal for name, literal in parts]
        return found[0] if len(found) == 1 else "".join(map(str, found))

    def holds(self, resource_id: ResourceId, body: Mapping[str, Any]) -> bool:
        """Return whether the condition holds for a request."""
        return self._holds(self.rule["if"], resource_id, body)

    def _holds(self, condition: Rule, resource_id: ResourceId, body: Mapping[str, Any]) -> bool:
        if "allOf" in condition:
            return all(self._holds(each, resource_id, body) for each in condition["allOf"])
        if "anyOf" in condition:
            return any(self._holds(each, resource_id, body) for each in condition["anyOf"])
        if "not" in condition:
            return not self._holds(condition["not"], resource_id, body)
        found = _field(str(self.value(condition["field"])), resource_id, body)
        test = next(test for test in _TESTS if test in condition)
        return _passes(test, found, self.value(condition[test]))


class Policies:
    """The policies that are assigned.

    Args:
        state: where definitions and assignments are kept, as resources.

    """

    def __init__(self, state: State) -> None:
        self._state = state

    def apply(self, resource_id: ResourceId, body: Mapping[str, Any], *, indexed: bool) -> dict[str, Any]:
        """Return what a request becomes under the policies on its scope.

        Args:
            resource_id: of the resource that is created or changed.
            body: of the request.
            indexed: whether the type has location and tags; policies of mode Indexed see only such.

        Raises:
            ArmError: RequestDisallowedByPolicy.

        """
        changed = copy.deepcopy(dict(body))
        policies = [
            policy for policy in self._assigned(resource_id) if indexed or policy.mode.lower() != "indexed"
        ]
        # What a policy adds counts for those that deny, whichever was assigned first.
        for policy in policies:
            if policy.effect in {"modify", "append"} and policy.holds(resource_id, changed):
                _change(changed, policy)
        denied = [
            policy for policy in policies if policy.effect == "deny" and policy.holds(resource_id, changed)
        ]
        if denied:
            raise _disallowed(resource_id, denied)
        return changed

    def definition(self, definition_id: str) -> tuple[ResourceId, Rule] | None:
        """Return a definition by its id, built in or created; None if there is none."""
        parsed = ResourceId.parse(definition_id)
        if parsed.name.lower() in BUILT_IN:
            return parsed, BUILT_IN[parsed.name.lower()]
        found = self._state.get(parsed)
        return (found.id, found.properties) if found else None

    def _assigned(self, resource_id: ResourceId) -> Iterator[AssignedPolicy]:
        for assignment in self._state.of_type(ASSIGNMENTS):
            properties = assignment.properties
            excluded = any(lies_in(str(resource_id), scope) for scope in properties.get("notScopes") or ())
            if excluded or properties.get("enforcementMode") == "DoNotEnforce":
                continue
            found = self.definition(properties["policyDefinitionId"])
            if found is not None and lies_in(str(resource_id), assignment.id.scope):
                yield AssignedPolicy(assignment, *found)


def check_definition(properties: Mapping[str, Any]) -> None:
    """Check that a definition can be applied here.

    Raises:
        ArmError: InvalidPolicyRule.

    """
    rule = properties.get("policyRule") or {}
    if "if" not in rule or "effect" not in (rule.get("then") or {}):
        raise bad_request("InvalidPolicyRule", "The policy rule needs an 'if' and a 'then' with an effect.")
    _check_condition(rule["if"])


def _check_condition(condition: Rule) -> None:
    inner = [*condition.get("allOf", ()), *condition.get("anyOf", ())]
    inner += [condition["not"]] if "not" in condition else []
    for each in inner:
        _check_condition(each)
    if not inner and not any(test in condition for test in _TESTS):
        raise bad_request("InvalidPolicyRule", f"The condition {json.dumps(condition)} is not supported.")


def _passes(test: str, found: Any, wanted: Any) -> bool:
    if test == "exists":
        return (found is not None) is (str(wanted).lower() == "true")
    text = str(found if found is not None else "").lower()
    accepted = [str(each).lower() for each in (wanted if isinstance(wanted, list) else [wanted])]
    if test.lower().endswith("like"):
        passes = any(fnmatchcase(text, pattern) for pattern in accepted)
    else:
        passes = text in accepted
    return passes is not test.startswith("not")


def _field(name: str, resource_id: ResourceId, body: Mapping[str, Any]) -> Any:
    if tag := _TAG.fullmatch(name):
        wanted = (tag["plain"] or tag["name"]).lower()
        tags = body.get("tags") or {}
        return next((value for key, value in tags.items() if key.lower() == wanted), None)
    own = {"type": resource_id.type, "name": resource_id.name, "id": str(resource_id)}
    if name in own:
        return own[name]
    value: Any = body
    alias = name.removeprefix(f"{resource_id.type}/")
    for step in (alias if alias == name else f"properties.{alias}").split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _change(body: dict[str, Any], policy: AssignedPolicy) -> None:
    details = policy.rule["then"].get("details")
    operations = details.get("operations") if isinstance(details, dict) else details
    for operation in operations or ():
        tag = _TAG.fullmatch(str(policy.value(operation["field"])))
        if tag is None:
            continue
        tags = body.setdefault("tags", {})
        name = tag["plain"] or tag["name"]
        if operation.get("operation") == "addOrReplace" or name not in tags:
            tags[name] = policy.value(operation["value"])


def _disallowed(resource_id: ResourceId, denied: list[AssignedPolicy]) -> ArmError:
    identifiers = [
        {
            "policyAssignment": {
                "name": policy.assignment.properties.get("displayName") or policy.assignment.id.name,
                "id": str(policy.assignment.id),
            },
            "policyDefinition": {
                "name": policy.definition.get("displayName") or policy.definition_id.name,
                "id": str(policy.definition_id),
            },
        }
        for policy in denied
    ]
    written = json.dumps(identifiers, separators=(",", ":"))
    return ArmError(
        403,
        "RequestDisallowedByPolicy",
        f"Resource '{resource_id.name}' was disallowed by policy. Policy identifiers: '{written}'.",
        target=resource_id.name,
    )
