"""Judges resources by the schemas that Azure publishes; tests that use it are marked `online`.

Azure's schemas let unknown properties pass, which is just the mistake that a test should find: here every
object whose properties are listed is closed to others.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from jsonschema import Draft4Validator
from jsonschema.exceptions import best_match
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

from tests.published.downloads import cached_file, fetch_over_https, shared_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

BASE = "https://schema.management.azure.com/schemas/"
# Most providers publish one file for each version. These split theirs by product.
FILES = {
    "Microsoft.ContainerService/managedClusters": "Microsoft.ContainerService.Aks",
    "Microsoft.Network/dnsZones": "Microsoft.Network.DNS",
}
# Versions that the SDK sends, and the newest published one before them.
OF_ANOTHER_VERSION = {("Microsoft.ContainerService", "2026-08-01"): "2026-05-01"}
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
    namespace = kind.partition("/")[0]
    version = OF_ANOTHER_VERSION.get((namespace, api_version), api_version)
    uri = _definition(kind, version)
    resource = {key: value for key, value in body.items() if key not in _TEMPLATE_WORDS}
    resource = {"name": name, **resource, "type": kind, "apiVersion": version}
    _judge({"$ref": uri}, resource, f"{kind} {api_version}")


def validate_template(template: Mapping[str, Any]) -> None:
    """Judge a template's outer form; its resources are judged one by one by `validate_resource`.

    Raises:
        AssertionError: the schema refuses it.

    """
    schema = published("2019-04-01/deploymentTemplate.json")
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
def _definition(kind: str, version: str) -> str:
    """Return the address of the definition of a type, whatever the case of its letters."""
    path = f"{version}/{_file_of(kind)}.json"
    wanted = kind.partition("/")[2].replace("/", "_").lower()
    for name in published(path)["resourceDefinitions"]:
        if name.lower() == wanted:
            return f"{BASE}{path}#/resourceDefinitions/{name}"
    raise LookupError(f"no schema of {kind} in version {version}")


def _file_of(kind: str) -> str:
    split = {top.lower(): file for top, file in FILES.items()}
    namespace, top, *_ = kind.split("/")
    return split.get(f"{namespace}/{top}".lower(), namespace)


@cache
def _registry() -> Registry[Any]:
    return Registry(retrieve=_retrieve)  # type: ignore[call-arg]  # attrs' alias of a private field


def _retrieve(uri: str) -> Resource[Any]:
    contents = published(uri.partition("#")[0].removeprefix(BASE))
    _close(contents)
    return Resource.from_contents(contents, default_specification=DRAFT4)


def published(path: str) -> dict[str, Any]:
    """Return a file below Azure's address of schemas; skip the test where it cannot be reached.

    Raises:
        NotPublishedError: there is no such file.

    """
    file = shared_file(f"arm/{path}") or cached_file(
        f"arm/{path}", BASE, lambda: fetch_over_https(f"{BASE}{path}")
    )
    contents: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
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
