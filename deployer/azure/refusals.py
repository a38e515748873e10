"""Tells refusals that last from troubles that pass, in what the controllers of a cluster report about Azure.

The controllers repeat every request, whatever Azure answered, so a Service without an address or a claim
without a disk looks the same whether the next attempt can succeed or not. Their events quote the answer of
Azure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from deployer.azure.error_layers import chain_in
from deployer.azure.errors import Explanation, explain
from deployer.errors import DeployerError
from deployer.quoting import GUARD

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deployer.kubernetes.obstacles import Obstacle

E = TypeVar("E", bound=DeployerError)

# Instead of an explanation that names something of HELM_VALUES.
QUOTING = "Azure, or a policy of your organisation, refuses an object as HELM_VALUES describe it."

# As cloud-provider-azure, the disk driver and the SDKs of Azure for Go write the status of an answer.
_STATUS = re.compile(r"(?:HTTPStatusCode:|RESPONSE|StatusCode=|Status=) ?(\d{3})\b")
# Answers to a request that is refused as it is. 404, 409 and 412 are also answered while something changes.
_REFUSED = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}
# The identity of a cluster gets its roles while the cluster is created: what is missing later stays missing.
_MISSING_RIGHT = {"AuthorizationFailed", "LinkedAuthorizationFailed"}


def lasting_refusal(text: str) -> Explanation | None:
    """Return the explanation of a refusal that waiting does not change, None for anything else.

    The remark `Retriable: false` alone proves nothing: cloud-provider-azure also makes it about answers with
    status 429 and "A retryable error occurred". So the code decides, then the status.

    Args:
        text: the message of an event.

    """
    kernel = chain_in(text)[-1]
    known = explain(text)
    if known is not None:
        lasts = not known.retryable or kernel.code in _MISSING_RIGHT
        return known if lasts else None
    statuses = [int(status) for status in _STATUS.findall(text)]
    if statuses and statuses[-1] in _REFUSED and "Retriable: true" not in text:
        return Explanation(
            f"Azure refuses this: {kernel.text}", "Change what the message names.", retryable=False
        )
    return None


def lasting_obstacle(obstacle: Obstacle) -> Explanation | None:
    """Return the explanation of an obstacle that waiting does not remove, None for any other."""
    if obstacle.lasts:
        return Explanation(
            "The registry does not have the image, or not for this kind of machine.",
            "Correct the image if HELM_VALUES set it; else leave the versions of the charts unset.",
            retryable=False,
        )
    return lasting_refusal(obstacle.reason) if obstacle.may_quote_azure else None


@dataclass(frozen=True)
class LastingObstacle:
    """An obstacle that waiting does not remove, and its explanation."""

    obstacle: Obstacle
    explanation: Explanation

    def as_error(self, kind: type[E], what: str) -> E:
        """Return the error of a kind about what cannot come, a sentence without its end."""
        hidden = self.obstacle.may_quote_values
        return kind(
            f"{what}: {in_words(self.obstacle)}",
            cause=_unless_quoting(self.explanation.meaning) if hidden else self.explanation.meaning,
            suggestion=_unless_quoting(self.explanation.suggestion)
            if hidden
            else self.explanation.suggestion,
            retryable=self.explanation.retryable,
        )


def _unless_quoting(words: str) -> str:
    return QUOTING if GUARD.quotes(words) else words


def first_lasting(obstacles: Iterable[Obstacle]) -> LastingObstacle | None:
    """Return the first obstacle that waiting does not remove, None where waiting can help."""
    for obstacle in obstacles:
        if explanation := lasting_obstacle(obstacle):
            return LastingObstacle(obstacle, explanation)
    return None


def in_words(obstacle: Obstacle) -> str:
    """Return an obstacle as people read it: with the error of Azure that it quotes, without its envelopes."""
    if obstacle.may_quote_values:
        return f"{GUARD.published_name(obstacle.subject)}: {_guarded_reason(obstacle)}"
    return f"{obstacle.subject}: {in_short(obstacle.reason)}" if obstacle.may_quote_azure else str(obstacle)


def _guarded_reason(obstacle: Obstacle) -> str:
    """Return a reason that may quote HELM_VALUES: the rule that it names, and the code of Azure's error."""
    code = chain_in(obstacle.reason)[-1].code if obstacle.may_quote_azure else ""
    rule = GUARD.published_reason(obstacle.reason)
    return f"{code}: {rule}" if code and not GUARD.quotes(code) else rule


def in_short(text: str) -> str:
    """Return the error of Azure that the message of an event quotes, else the message."""
    kernel = chain_in(text)[-1]
    return f"{kernel.code}: {kernel.text}" if kernel.code else kernel.text
