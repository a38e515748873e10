"""Sends requests to the API of a cluster, and repeats those that fail for a moment.

A cluster that was just created, or whose control plane is being updated, resets connections and answers with
server errors now and then. Everything sent here can be repeated: reads, merge patches, deletions, and
creations, whose callers look again when the object exists already.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from deployer.errors import KubernetesError
from deployer.waiting import repeating

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    import kr8s
    from kr8s.asyncio import Api

T = TypeVar("T")

# For one request, including its repetitions. Seconds.
RETRY_LIMIT = 90.0
# For one answer: kr8s sets no limit of its own, and a connection that hangs would hold the run up. Seconds.
ANSWER_LIMIT = 30.0

# What the API server says while a webhook is not up yet: it answers some seconds after its pod is ready.
UNANSWERED_WEBHOOK = "failed calling webhook"


class RefusedError(Exception):
    """The cluster refused a request.

    Attributes:
        status: of the answer.

    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


async def fetch(api: Api, version: str, path: str, namespace: str | None) -> dict[str, Any]:
    """Return an object as the cluster shows it; for `send`, which explains what can go wrong.

    kr8s would turn each mapping and each list in it into an object, which takes longer than the request.

    Args:
        api: the cluster's API.
        version: group and version, as in `apiVersion`.
        path: plural of the kind, and name of the object.
        namespace: None for objects that belong to the whole cluster.

    """
    async with api.call_api("GET", version=version, url=path, namespace=namespace) as answer:
        return dict(answer.json())


async def server_time(api: Api) -> datetime:
    """Return the time of the cluster's API server, which it writes into every answer.

    Raises:
        RefusedError: the cluster answered with an error.
        KubernetesError: there was no answer, or none that could be read.

    """

    async def asked() -> datetime:
        async with api.call_api("GET", version="", base="/version") as answer:
            return parsedate_to_datetime(answer.headers["Date"])

    return await send(asked)


async def send(request: Callable[[], Awaitable[T]], limit: float = RETRY_LIMIT) -> T:
    """Await `request()`, a request of kr8s, again while its failure can pass by itself.

    Args:
        request: sends it.
        limit: seconds after which it is not repeated.

    Raises:
        RefusedError: the cluster answered with an error.
        KubernetesError: there was no answer, or none that could be read.

    """
    import httpx
    import kr8s

    async def attempt() -> T:
        try:
            return await request()
        except kr8s.NotFoundError as error:
            raise RefusedError(HTTPStatus.NOT_FOUND, str(error)) from None
        except kr8s.ServerError as error:
            raise _refused(error) from None
        except (httpx.HTTPError, kr8s.APITimeoutError, TimeoutError) as error:
            raise _unreachable(repr(error)) from None
        except (ValueError, KeyError, TypeError):
            # kr8s passes on what json raises about an answer that was cut off, or is an HTML page.
            raise _unreachable("its answer was cut off or is not JSON") from None

    return await repeating(_can_pass, "the API of the cluster does not respond", limit=limit)(attempt)


def _can_pass(error: BaseException) -> bool:
    if isinstance(error, RefusedError):
        failed = (
            error.status >= HTTPStatus.INTERNAL_SERVER_ERROR or error.status == HTTPStatus.TOO_MANY_REQUESTS
        )
        # Callers that create objects for a webhook have a longer limit of their own.
        return failed and UNANSWERED_WEBHOOK not in str(error)
    return isinstance(error, KubernetesError)


def _refused(error: kr8s.ServerError) -> RefusedError:
    if error.response is None:
        return RefusedError(HTTPStatus.INTERNAL_SERVER_ERROR, str(error))
    status = error.response.status_code
    # kr8s drops the message of a server error, which is where an unanswered webhook is mentioned.
    try:
        return RefusedError(status, error.response.json()["message"])
    except (ValueError, KeyError, TypeError):
        return RefusedError(status, f"status {status}")


def _unreachable(reason: str) -> KubernetesError:
    return KubernetesError(f"The API of the cluster cannot be reached: {reason}", retryable=True)
