"""Judges resources by the schemas that Azure publishes, where a copy of them stands beside the checkout.

Azure's schemas let unknown properties pass, which is just the mistake that a test should find: here every
object whose properties are listed is closed to others.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft4Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "data" / "arm"
BASE = "https://schema.management.azure.com/schemas/"
needs_arm_schemas = pytest.mark.skipif(
    not FOLDER.is_dir(),
    reason="Azure's published schemas are not here (../shared/data/arm beside the checkout)",
)
OF_ANOTHER_VERSION = {("Microsoft.ContainerService", "2026-08-01"): "2026-05-01"}
"""Versions that the SDK sends and that are newer than what is published here."""
_TEMPLATE_WORDS = ("comments", "condition", "copy", "dependsOn", "scope")


def validate_resource(kind: str, api_version: str, body: Mapping[str, Any], name: str = "[name]") -> None:
    """Judge what is PUT, or what stands in a template, by Azure's schema of its type.

    Args:
        kind: full type, such as "Microsoft.Storage/storageAccounts/blobServices".
        api_version: the version it is sent with.
        body: the request's body, or the template's resource.
        name: the resource's own name (the last segment), to be judged too.

    Raises:
        AssertionError: the schema refuses it; the text says where and why.
        LookupError: there is no schema of this type and version.

    """
    namespace, *types = kind.split("/")
    version = OF_ANOTHER_VERSION.get((namespace, api_version), api_version)
    uri = _definition(namespace, version, "_".join(types))
    resource = {key: value for key, value in body.items() if key not in _TEMPLATE_WORDS}
    resource = {"name": name, **resource, "type": kind, "apiVersion": version}
    _judge({"$ref": uri}, resource, f"{kind} {api_version}")


def validate_template(template: Mapping[str, Any]) -> None:
    """Judge a template's outer form; its resources are judged one by one by `validate_resource`.

    Raises:
        AssertionError: the schema refuses it.

    """
    schema = _contents("2019-04-01/deploymentTemplate.json")
    # The original lists every resource of Azure, in hundreds of files, and wants tags to be a plain object
    # where each type's own schema takes an expression too.
    schema["definitions"]["resource"] = {"$ref": "#/definitions/ARMResourceBase"}
    _judge(schema, template, "template")


def _judge(schema: Mapping[str, Any], instance: Any, what: str) -> None:
    errors = list(Draft4Validator(schema, registry=_registry()).iter_errors(instance))
    if errors:
        most_telling = best_match(errors)
        where = "/".join(str(part) for part in most_telling.absolute_path)
        raise AssertionError(f"{what}: at '{where}': {most_telling.message}")


@cache
def _definition(namespace: str, version: str, kind: str) -> str:
    """Return the address of the definition of a type, whatever the file's exact name and the case."""
    for path in sorted(FOLDER.glob(f"{version}/{namespace}*.json")):
        definitions = _contents(f"{version}/{path.name}")["resourceDefinitions"]
        for name in definitions:
            if name.lower() == kind.lower():
                return f"{BASE}{version}/{path.name}#/resourceDefinitions/{name}"
    raise LookupError(f"no schema of {namespace} {kind} in version {version}")


@cache
def _registry() -> Registry[Any]:
    return Registry(retrieve=_retrieve)  # type: ignore[call-arg]  # attrs' alias of a private field


def _retrieve(uri: str) -> Resource[Any]:
    contents = _contents(uri.partition("#")[0].removeprefix(BASE))
    _close(contents)
    return Resource.from_contents(contents, default_specification=DRAFT4)


def _contents(path: str) -> dict[str, Any]:
    contents: dict[str, Any] = json.loads((FOLDER / path).read_text(encoding="utf-8"))
    return contents


def _close(schema: Any) -> None:
    """Refuse unlisted properties wherever the schema lists them and doesn't say more."""
    for inner in _schemas_in(schema):
        if inner.get("type") == "object" and inner.get("properties") and "oneOf" not in inner:
            inner.setdefault("additionalProperties", False)


def _schemas_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _schemas_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _schemas_in(inner)
