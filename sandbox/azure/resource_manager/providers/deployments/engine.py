"""Runs a template: creates its resources in the order of their dependencies, in parallel where it can.

Resources are created through a `ResourceClient`, so permissions, checks and durations are those of the
requests that a client sends itself.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from sandbox.azure.resource_manager.core.errors import ArmError, bad_request
from sandbox.azure.resource_manager.providers.deployments.errors import (
    ExpressionError,
    ReferenceNeeded,
    validation_failed,
)
from sandbox.azure.resource_manager.providers.deployments.evaluation import (
    Scope,
    evaluate,
    evaluate_known,
)
from sandbox.azure.resource_manager.providers.deployments.parameters import (
    is_secure,
    require_type,
    resolve_parameters,
    response_type,
)
from sandbox.azure.resource_manager.providers.deployments.template import (
    TemplateResource,
    find_resource,
    read_resources,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sandbox.azure.resource_manager.providers.deployments.context import DeploymentContext


MASK = "*******"


class ResourceClient(Protocol):
    """Resource Manager in the name of the principal who deploys."""

    async def put(self, resource_id: str, api_version: str, body: dict[str, Any]) -> None:
        """Create or change a resource, and wait until it is provisioned; raises ArmError."""

    async def get(self, resource_id: str, api_version: str) -> dict[str, Any]:
        """Return a resource as a GET shows it; raises ArmError."""


@dataclass
class ResourceOperation:
    """The creation of a resource, which the portal lists under the deployment.

    Attributes:
        resource: what is created.
        state: "NotStarted", "Running", "Succeeded", "Failed", or "Skipped" if a dependency failed.
        started: when it began.
        ended: when it ended.
        error: why it failed.
        over: set at the end, for the resources that depend on it.

    """

    resource: TemplateResource
    state: str = "NotStarted"
    started: datetime | None = None
    ended: datetime | None = None
    error: ArmError | None = None
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def succeeded(self) -> bool:
        """Whether it ended well."""
        return self.state == "Succeeded"

    def end(self, state: str, error: ArmError | None = None) -> None:
        """Set the outcome, and let the dependents begin."""
        self.state, self.error, self.ended = state, error, datetime.now(UTC)
        self.over.set()


class TemplateRun:
    """A template that has passed validation, to be run once.

    Args:
        template: the template.
        given: the parameters, name -> `{"value": …}`.
        context: where, when and by whom it is deployed.

    Attributes:
        resources: what is deployed.
        operations: the creation of each resource, by id; those whose condition is false included.

    Raises:
        ArmError: the template or its parameters are invalid.

    """

    def __init__(
        self, template: Mapping[str, Any], given: Mapping[str, Any], context: DeploymentContext
    ) -> None:
        self._template = template
        variables = template.get("variables") or {}
        values = resolve_parameters(
            template.get("parameters") or {}, given, Scope(context, variables=variables)
        )
        self._scope = Scope(context, parameters=values, variables=variables)
        self._read = read_resources(template, self._scope)
        self.resources = [one for one in self._read if one.deployed]
        self.operations = {one.id: ResourceOperation(one) for one in self._read}
        self._references: dict[tuple[str, str | None], dict[str, Any]] = {}
        self._check_expressions()

    def shown_parameters(self) -> dict[str, Any]:
        """Return the parameters as a GET shows them: types, and values that are not secure."""
        declared = self._template.get("parameters") or {}
        return {name: _shown(kind["type"], self._scope.parameters[name]) for name, kind in declared.items()}

    def known_bodies(self) -> list[tuple[TemplateResource, dict[str, Any]]]:
        """Return the resources whose bodies need no reference to others, with these bodies."""
        known = []
        for resource in self.resources:
            try:
                known.append((resource, self._evaluate(resource.body)))
            except ReferenceNeeded:
                continue
        return known

    def predicted_body(self, resource: TemplateResource) -> dict[str, Any]:
        """Return a body as far as it is known, with secure values masked."""
        declared = self._template.get("parameters") or {}
        masked = {
            name: MASK if is_secure(declared[name]["type"]) and value else value
            for name, value in self._scope.parameters.items()
        }
        scope = replace(self._scope, parameters=masked, references=self._references)
        body: dict[str, Any] = evaluate_known(resource.body, scope)
        return body

    def short_circuited(self) -> list[TemplateResource]:
        """Return the nested deployments with parameters that are known during the run only."""
        known = {resource.id for resource, _ in self.known_bodies()}
        return [one for one in self.resources if one.is_deployment and one.id not in known]

    async def run(self, client: ResourceClient) -> dict[str, Any]:
        """Create all resources and return the outputs.

        Raises:
            ArmError: a resource failed; those that do not depend on it have been created nevertheless.

        """
        async with asyncio.TaskGroup() as group:
            for operation in self.operations.values():
                group.create_task(self._create(operation, client))
        failures = [operation for operation in self.operations.values() if operation.error is not None]
        if failures:
            raise _deployment_failed(failures)
        return await self._outputs(client)

    async def _create(self, operation: ResourceOperation, client: ResourceClient) -> None:
        awaited = [self.operations[one] for one in operation.resource.depends_on]
        # Resource Manager removes what is not deployed from the dependencies.
        awaited = [other for other in awaited if other.resource.deployed]
        for other in awaited:
            await other.over.wait()
        if not all(other.succeeded for other in awaited):
            operation.end("Skipped")
            return
        operation.state, operation.started = "Running", datetime.now(UTC)
        try:
            # Azure evaluates reference() even if the condition is false ("Conditional deployment in ARM
            # templates", Runtime functions).
            body = await self._evaluate_live(operation.resource.body, client)
            if operation.resource.deployed:
                await client.put(operation.resource.id, operation.resource.api_version, body)
        except ArmError as error:
            operation.end("Failed", error)
        except ExpressionError as error:
            operation.end("Failed", _unprocessable(operation.resource, error))
        else:
            operation.end("Succeeded")

    def _evaluate(self, value: Any) -> Any:
        return evaluate(value, replace(self._scope, references=self._references))

    async def _evaluate_live(self, value: Any, client: ResourceClient) -> Any:
        """Evaluate a value, and fetch each resource that it turns out to reference."""
        while True:
            try:
                return self._evaluate(value)
            except ReferenceNeeded as needed:
                state = await self._fetch(needed, client)
                self._references[needed.target, needed.api_version] = state

    async def _fetch(self, needed: ReferenceNeeded, client: ResourceClient) -> dict[str, Any]:
        own = find_resource(self._read, needed.target)
        resource_id = own.id if own else needed.target
        api_version = needed.api_version or (own.api_version if own else None)
        if not resource_id.startswith("/") or api_version is None:
            raise ExpressionError(
                f"The resource '{needed.target}' is not defined in the template, or the api-version to "
                "reference it with is missing."
            )
        return await client.get(resource_id, api_version)

    def _check_expressions(self) -> None:
        """Evaluate all expressions that need no created resource: most mistakes show here."""
        for resource in self._read:
            self._check(resource.body, f"The template resource '{resource.name}'")
        for name, output in (self._template.get("outputs") or {}).items():
            require_type("output", name, output)
            self._check(output.get("value"), f"The template output '{name}'")

    def _check(self, value: Any, what: str) -> None:
        try:
            self._evaluate(value)
        except ReferenceNeeded:
            return
        except ExpressionError as error:
            raise validation_failed(f"{what} is not valid: {error}") from error

    async def _outputs(self, client: ResourceClient) -> dict[str, Any]:
        outputs: dict[str, Any] = {}
        for name, declared in (self._template.get("outputs") or {}).items():
            try:
                wanted = self._evaluate(declared.get("condition", True))
                if wanted:
                    outputs[name] = _shown(
                        declared["type"], await self._evaluate_live(declared.get("value"), client)
                    )
            except ExpressionError as error:
                raise bad_request(
                    "DeploymentOutputEvaluationFailed",
                    "Unable to evaluate template outputs: "
                    f"'{name}'. Please see error details and deployment operations. {error}",
                ) from error
        return outputs


def _shown(declared: str, value: Any) -> dict[str, Any]:
    kind = {"type": response_type(declared)}
    return kind if is_secure(declared) else {**kind, "value": value}


def _unprocessable(resource: TemplateResource, error: ExpressionError) -> ArmError:
    return bad_request(
        "InvalidTemplate",
        f"Unable to process template language expressions for resource '{resource.id}'. '{error}'",
    )


def _deployment_failed(failures: list[ResourceOperation]) -> ArmError:
    details = [
        {**operation.error.content(), "target": operation.resource.id}
        for operation in failures
        if operation.error is not None
    ]
    return ArmError(
        409,
        "DeploymentFailed",
        "At least one resource deployment operation failed. Please list deployment operations for "
        "details. Please see https://aka.ms/arm-deployment-operations for usage details.",
        details=details,
    )
