"""The parameters of a click, from a file and from options, with the types that the template declares."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sandbox.client import SandboxError
from sandbox.visitor.portal import Click

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

HUB_NAME = "binderHubName"
DEFAULT_HUB = "demo"
DEFAULT_GROUP = "binderhub"


class ParametersError(SandboxError):
    """Parameters that the template can't have, or a file that can't be read."""

    def __init__(self, message: str) -> None:
        super().__init__(message, exit_status=2)


def click_with(  # noqa: PLR0913 - the options of `click`
    template: Path,
    *,
    parameters_file: Path | None = None,
    settings: Sequence[str] = (),
    name: str | None = None,
    resource_group: str | None = None,
    location: str,
) -> Click:
    """Return a click with parameters, of which those of options replace those of the file.

    Args:
        template: file of the template.
        parameters_file: an ARM parameters file (deploymentParameters.json).
        settings: single parameters, `name=value`.
        name: name of the hub.
        resource_group: the group; by default named after the hub.
        location: region of a new group.

    Raises:
        ParametersError: a file can't be read, or the template has no such parameter, or one of another type.

    """
    declared = _declared(template)
    values = _from_file(parameters_file, declared) if parameters_file else {}
    values |= dict(_typed(setting, declared) for setting in settings)
    if name is not None:
        values[HUB_NAME] = name
    if HUB_NAME in declared:
        values.setdefault(HUB_NAME, DEFAULT_HUB)
    group = resource_group or values.get(HUB_NAME) or DEFAULT_GROUP
    return Click(values, str(group), location, template)


def _declared(template: Path) -> dict[str, str]:
    """Return the types of the parameters of a template, by name."""
    parameters: dict[str, dict[str, Any]] = _read(template).get("parameters", {})
    return {name: str(parameter["type"]).lower() for name, parameter in parameters.items()}


def _from_file(path: Path, declared: Mapping[str, str]) -> dict[str, Any]:
    parameters = _read(path).get("parameters")
    if not isinstance(parameters, dict) or not all(isinstance(one, dict) for one in parameters.values()):
        raise ParametersError(
            f'{path} is no parameters file: it needs {{"parameters": {{NAME: {{"value": …}}}}}}.'
        )
    values: dict[str, Any] = {}
    for name, parameter in parameters.items():
        if "reference" in parameter:
            raise ParametersError(
                f"{path}: {name} refers to a secret in a Key Vault, which the sandbox lacks: write a value."
            )
        if "value" not in parameter:
            raise ParametersError(f"{path}: {name} has no value.")
        values[_known(name, declared) or name] = parameter["value"]
    return values


def _known(name: str, declared: Mapping[str, str]) -> str | None:
    """Return the name of a parameter as the template spells it: Azure ignores case."""
    return next((each for each in declared if each.lower() == name.lower()), None)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ParametersError(f"{path} can't be read: {error}") from None
    if not isinstance(content, dict):
        raise ParametersError(f"{path} holds no JSON object.")
    return content


def _typed(setting: str, declared: Mapping[str, str]) -> tuple[str, Any]:
    name, equals, text = setting.partition("=")
    if not equals:
        raise ParametersError(f"{setting!r} is not NAME=VALUE.")
    known = _known(name, declared)
    if known is None:
        raise ParametersError(f"The template has no parameter {name}; it has {', '.join(declared)}.")
    try:
        return known, _value(text, declared[known])
    except ValueError:
        raise ParametersError(f"{known} is of type {declared[known]}, which {text!r} is not.") from None


def _value(text: str, kind: str) -> Any:
    if kind in {"string", "securestring"}:
        return text
    value = json.loads(text)
    wanted: dict[str, type] = {"int": int, "bool": bool, "array": list, "object": dict, "secureobject": dict}
    if type(value) is not wanted[kind]:
        raise ValueError(text)
    return value
