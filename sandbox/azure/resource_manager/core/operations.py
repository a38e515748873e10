"""Long-running operations: what Azure accepts now and finishes later, and how clients poll them.

Services differ in their polling (see `PollingStyle`): an `Azure-AsyncOperation` header whose URL answers with
a status, or a `Location` whose URL answers with 202 until the operation has ended.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from sandbox.azure.resource_manager.core.errors import ArmError
from sandbox.azure.resource_manager.core.state import timestamp

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator, Mapping

    from sandbox.azure.resource_manager.core.ids import ResourceId
    from sandbox.azure.resource_manager.core.state import Resource

HOST = "https://management.azure.com"
RETRY_AFTER = {"Retry-After": "1"}
# Recorded URLs of operations carry about 2.7 kB of signature in the query, which clients must send verbatim.
SIGNATURE_BYTES = 1200
GUID_LENGTH = 36
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reply:
    """An HTTP response.

    Attributes:
        status: the HTTP status.
        body: the JSON body, None for an empty one.
        headers: further headers.

    """

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PollingStyle:
    """How a service lets clients poll a long-running operation.

    Attributes:
        path: path of the URL, in which `{subscription}`, `{group}`, `{location}`, `{namespace}`, `{resource}`
            (the id) and `{id}` are filled in.
        header: the header that carries the URL.
        running: the status while the operation runs.
        renewed: whether every poll is answered with a new URL, as the container registry does.
        deleted: status of the last response to polls of a `Location` after a deletion.
        named: whether the status says which operation it is of, and when that began and ended.

    """

    path: str = "/subscriptions/{subscription}/providers/{namespace}/locations/{location}/operations/{id}"
    header: Literal["Azure-AsyncOperation", "Location"] = "Azure-AsyncOperation"
    running: str = "InProgress"
    renewed: bool = False
    deleted: int = 200
    named: bool = True

    def url(self, operation: str, at: ResourceId, location: str, api_version: str) -> str:
        """Return path and query of the URL that clients poll for an operation on a resource."""
        path = self.path.format(
            subscription=at.subscription,
            group=at.group,
            location=location,
            namespace=at.namespace,
            resource=at,
            id=operation,
        )
        return f"{path}?api-version={api_version}"


class Operation:
    """A change that was accepted.

    Awaiting it returns the resource (None after a deletion), or raises the ArmError that it failed with.

    Args:
        reply: the response to the request that began it.
        resource: what it creates or changes, None for a deletion.

    Attributes:
        subject: what it creates, changes or deletes.

    """

    def __init__(self, reply: Reply, resource: Resource | None) -> None:
        self.id = str(uuid.uuid4())
        self.reply = reply
        self.resource = resource
        self.subject = resource
        self.status = "Succeeded"
        self.error: ArmError | None = None
        self.result: Any = None
        self.started = datetime.now(UTC)
        self.ended: datetime | None = None
        self._finished = asyncio.Event()

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return not self._finished.is_set()

    def end(self, status: str, error: ArmError | None = None) -> None:
        """Set the outcome: "Succeeded", "Failed" or "Canceled"."""
        self.status, self.error, self.ended = status, error, datetime.now(UTC)
        self._finished.set()

    def __await__(self) -> Generator[Any, None, Resource | None]:
        return self._outcome().__await__()

    async def _outcome(self) -> Resource | None:
        await self._finished.wait()
        if self.error is not None:
            raise self.error
        return self.resource


def finished(reply: Reply, resource: Resource | None = None) -> Operation:
    """Return the operation of a change that is done at once."""
    operation = Operation(reply, resource)
    operation.end("Succeeded")
    return operation


class Operations:
    """All operations: begins them, and answers the polls of clients."""

    def __init__(self) -> None:
        self._begun: dict[str, tuple[Operation, PollingStyle, str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(  # noqa: PLR0913 - one keyword for each thing that services do differently
        self,
        work: Coroutine[Any, Any, Any],
        polling: PollingStyle,
        *,
        at: ResourceId,
        location: str = "",
        api_version: str,
        status: int,
        body: Any = None,
        resource: Resource | None = None,
        subject: Resource | None = None,
    ) -> Operation:
        """Run `work` in the background, and return the operation that clients poll.

        The last poll of a `Location` is answered with what `work` returns, or with the resource if that is
        None. The resource's provisioning state becomes "Succeeded", or "Failed" if `work` raises.

        Args:
            work: the change, which takes as long as Azure takes for it.
            polling: how clients poll it.
            at: what is changed; its subscription and provider stand in the URL.
            location: the region in the URL.
            api_version: the api-version of the request.
            status: of the response to the request.
            body: of that response; the resource by default, none with 202.
            resource: what is created or changed, None for a deletion.
            subject: what is deleted.

        """
        operation = Operation(Reply(status), resource)
        operation.subject = resource or subject
        operation.status = polling.running
        url = polling.url(operation.id, at, location, api_version)
        self._begun[operation.id] = (operation, polling, url)
        if status == HTTPStatus.ACCEPTED:
            body = None
        elif body is None and resource is not None:
            body = resource.shown()
        operation.reply = Reply(status, body, self._headers(operation))
        task = asyncio.create_task(self._run(operation, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return operation

    def poll(self, operation_id: str) -> Reply | None:
        """Return the response to a poll of an operation's URL, None for an unknown operation.

        Args:
            operation_id: the last segment of the URL: a GUID, before which some services put a word.

        """
        operation_id = operation_id[-GUID_LENGTH:]
        if operation_id not in self._begun:
            return None
        operation, polling, _ = self._begun[operation_id]
        if polling.header == "Azure-AsyncOperation":
            headers = self._headers(operation) if polling.renewed and operation.running else RETRY_AFTER
            return Reply(200, _status_document(operation, named=polling.named), headers)
        if operation.running:
            return Reply(202, None, self._headers(operation))
        if operation.error is not None:
            return Reply(operation.error.status, operation.error.body())
        return _location_outcome(operation, polling.deleted)

    def under_way(self, resource: Resource) -> Operation | None:
        """Return the operation that is changing or deleting a resource, None for no operation."""
        begun = (operation for operation, _, _ in self._begun.values())
        return next((each for each in begun if each.running and each.subject is resource), None)

    async def close(self) -> None:
        """Cancel the operations that still run."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _headers(self, operation: Operation) -> dict[str, str]:
        _, polling, url = self._begun[operation.id]
        signature = f"&t={operation.started.timestamp():.0f}&c={secrets.token_urlsafe(SIGNATURE_BYTES)}"
        return {polling.header: f"{HOST}{url}{signature}&s={secrets.token_urlsafe(256)}", **RETRY_AFTER}

    async def _run(self, operation: Operation, work: Coroutine[Any, Any, Any]) -> None:
        try:
            operation.result = await work
        except ArmError as error:
            _end(operation, "Failed", error)
        except asyncio.CancelledError:
            _end(operation, "Canceled", ArmError(409, "OperationPreempted", "The operation was canceled."))
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, clients see a failed operation, as in Azure
            _log.exception("operation on %s failed", operation.resource and operation.resource.id)
            _end(
                operation, "Failed", ArmError(500, "InternalServerError", f"{type(error).__name__}: {error}")
            )
        else:
            _end(operation, "Succeeded")


def _end(operation: Operation, status: str, error: ArmError | None = None) -> None:
    if operation.resource is not None:
        operation.resource.settle(status)
    operation.end(status, error)


def _status_document(operation: Operation, *, named: bool) -> dict[str, Any]:
    document: dict[str, Any] = {"name": operation.id} if named else {}
    document["status"] = operation.status
    if named:
        document["startTime"] = timestamp(operation.started)
    if named and operation.ended is not None:
        document["endTime"] = timestamp(operation.ended)
    if operation.error is not None:
        document["error"] = operation.error.content()
    return document


def _location_outcome(operation: Operation, deleted: int) -> Reply:
    if operation.result is not None:
        return Reply(200, operation.result)
    if operation.resource is not None:
        return Reply(200, operation.resource.shown())
    return Reply(deleted)
