"""Requests that are no plain resources: `POST …/listKeys`, `GET …/usages`, lists over several types."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from sandbox.azure.identity.directory import Principal

SUBSCRIPTION_PATH = "/subscriptions/{subscription}"


@dataclass(frozen=True)
class ActionRequest:
    """A request for an action.

    Attributes:
        principal: who asks.
        path: as requested, without the query.
        arguments: the segments that the `{names}` of the action's path stand for.
        query: the parameters of the query, api-version included.
        body: the JSON body, {} for none.

    """

    principal: Principal
    path: str
    arguments: Mapping[str, str]
    query: Mapping[str, str] = field(default_factory=dict)
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def api_version(self) -> str:
        """The api-version of the request."""
        return self.query.get("api-version", "")

    @property
    def target(self) -> str:
        """The path without its last segment: the id of the resource that `…/listKeys` is asked of."""
        return self.path.rpartition("/")[0]


@dataclass(frozen=True)
class Action:
    """An action that a resource provider has.

    Attributes:
        method: the HTTP method.
        path: pattern of the whole path, in which `{name}` is one segment and `{scope}` any number of them.
        permission: what the caller needs, as role definitions name it; None for nothing of its own.
        scope: where the permission is needed: a pattern of the same names.
        handler: answers with a JSON body, a Reply, or an Operation.
        api_versions: the versions that have the action, empty for any.

    """

    method: str
    path: str
    permission: str | None
    scope: str
    handler: Callable[[ActionRequest], Awaitable[Any]]
    api_versions: tuple[str, ...] = ()

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the arguments in the path of a request, None if the request is for something else."""
        if method != self.method:
            return None
        found = _pattern(self.path).fullmatch(path)
        return found.groupdict() if found else None


@cache
def _pattern(path: str) -> re.Pattern[str]:
    text = re.sub(r"\{(\w+)\}", lambda name: _group(name[1]), path.replace(".", r"\."))
    # Paths compare without regard to case, as in Azure.
    return re.compile(text, re.IGNORECASE)


def _group(name: str) -> str:
    return f"(?P<{name}>{'.*?' if name == 'scope' else '[^/]+'})"
