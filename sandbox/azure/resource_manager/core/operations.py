"""Long-running operations: what Azure accepts now and finishes later, and the ways it lets a client ask.

Each service tells it in its own way (a `Telling`): by an `Azure-AsyncOperation` header whose URL answers a
status, or by a `Location` that answers 202 until the end.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from sandbox.azure.resource_manager.core.errors import ArmError
from sandbox.azure.resource_manager.core.state import timestamp

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator, Mapping

    from sandbox.azure.resource_manager.core.ids import ResourceId
    from sandbox.azure.resource_manager.core.state import Resource

HOST = "https://management.azure.com"
RETRY_AFTER = {"Retry-After": "1"}
# The query of a recorded operation's URL is about 2.7 kB of signature; a client must use it verbatim.
SIGNATURE_BYTES = 1200
GUID_LENGTH = 36
ACCEPTED = 202
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reply:
    """An HTTP answer: status, JSON body (None: empty) and headers."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Telling:
    """How a service tells a long-running operation.

    Args:
        path: the URL's path; `{subscription}`, `{group}`, `{location}`, `{namespace}`, `{resource}` (the id)
            and `{id}` are filled in.
        header: which header carries the URL.
        running: the status word while it runs.
        renewed: every poll answers a new URL (the registry's way).

    """

    path: str = "/subscriptions/{subscription}/providers/{namespace}/locations/{location}/operations/{id}"
    header: Literal["Azure-AsyncOperation", "Location"] = "Azure-AsyncOperation"
    running: str = "InProgress"
    renewed: bool = False


class Operation:
    """One accepted change. `await` it for the resource as it came out (None after a deletion).

    Awaiting raises the ArmError that a failed operation shows.

    Args:
        reply: what the request that began it is answered.
        resource: the resource it makes or changes, None for a deletion.

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
        """Whether it still goes on."""
        return not self._finished.is_set()

    def end(self, status: str, error: ArmError | None = None) -> None:
        """Note the outcome: "Succeeded", "Failed" or "Canceled"."""
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
    """The operation of a change that is done at once."""
    operation = Operation(reply, resource)
    operation.end("Succeeded")
    return operation


class Operations:
    """All operations of the process; begins them, and answers the polls for them."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[Operation, Telling, str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def begin(  # noqa: PLR0913 - one keyword for each thing Azure varies
        self,
        work: Coroutine[Any, Any, Any],
        telling: Telling,
        *,
        at: ResourceId,
        location: str = "",
        api_version: str,
        status: int,
        body: Any = None,
        resource: Resource | None = None,
        subject: Resource | None = None,
    ) -> Operation:
        """Run `work` in the background, and tell it.

        What `work` returns is the final body of a `Location` poll, when it isn't None; else the resource is.
        A resource settles in "Succeeded", or in "Failed" when `work` raises.

        Args:
            work: the change itself, with the time that Azure takes for it.
            telling: how the client may ask after it.
            at: what is changed (its subscription and provider name the URL).
            location: the region the URL names.
            api_version: the version the client spoke.
            status: of the answer that the client gets now.
            body: of that answer; the resource as it stands by default, nothing with 202.
            resource: what is made or changed, None for a deletion.
            subject: what is deleted, so that a second deletion can find this operation.

        """
        operation = Operation(Reply(status), resource)
        operation.subject = resource or subject
        operation.status = telling.running
        path = telling.path.format(
            subscription=at.subscription,
            group=at.group,
            location=location,
            namespace=at.namespace,
            resource=at,
            id=operation.id,
        )
        self._told[operation.id] = (operation, telling, f"{path}?api-version={api_version}")
        if status == ACCEPTED:
            body = None
        elif body is None and resource is not None:
            body = resource.shown()
        operation.reply = Reply(status, body, self._headers(operation))
        task = asyncio.create_task(self._run(operation, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return operation

    def poll(self, operation_id: str) -> Reply | None:
        """The answer to a poll of an operation's URL, None for an unknown operation.

        Args:
            operation_id: the URL's last segment: a GUID, which some services put a word before.

        """
        operation_id = operation_id[-GUID_LENGTH:]
        if operation_id not in self._told:
            return None
        operation, telling, _ = self._told[operation_id]
        if telling.header == "Azure-AsyncOperation":
            headers = self._headers(operation) if telling.renewed and operation.running else RETRY_AFTER
            return Reply(200, _status_document(operation), headers)
        if operation.running:
            return Reply(202, None, self._headers(operation))
        if operation.error is not None:
            return Reply(operation.error.status, operation.error.body())
        return _location_outcome(operation)

    def under_way(self, resource: Resource) -> Operation | None:
        """The operation that is still changing a resource, if any."""
        told = (operation for operation, _, _ in self._told.values())
        return next((each for each in told if each.running and each.subject is resource), None)

    async def close(self) -> None:
        """Cancel whatever still runs."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _headers(self, operation: Operation) -> dict[str, str]:
        _, telling, url = self._told[operation.id]
        signature = f"&t={operation.started.timestamp():.0f}&c={secrets.token_urlsafe(SIGNATURE_BYTES)}"
        return {telling.header: f"{HOST}{url}{signature}&s={secrets.token_urlsafe(256)}", **RETRY_AFTER}

    async def _run(self, operation: Operation, work: Coroutine[Any, Any, Any]) -> None:
        try:
            operation.result = await work
        except ArmError as error:
            _end(operation, "Failed", error)
        except asyncio.CancelledError:
            _end(operation, "Canceled", ArmError(409, "OperationPreempted", "The operation was canceled."))
            raise
        except Exception as error:  # noqa: BLE001 - it must end as a failed operation, as in Azure
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


def _status_document(operation: Operation) -> dict[str, Any]:
    document: dict[str, Any] = {"name": operation.id, "status": operation.status}
    document["startTime"] = timestamp(operation.started)
    if operation.ended is not None:
        document["endTime"] = timestamp(operation.ended)
    if operation.error is not None:
        document["error"] = operation.error.content()
    return document


def _location_outcome(operation: Operation) -> Reply:
    if operation.result is not None:
        return Reply(200, operation.result)
    if operation.resource is not None:
        return Reply(200, operation.resource.shown())
    return Reply(200)
