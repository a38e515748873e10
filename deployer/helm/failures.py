"""Explains failures of helm, and repeats commands whose failure can pass by itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

import yaml
from pyhelm3.errors import ChartNotFoundError, Error, InvalidResourceError

from deployer.errors import HelmError
from deployer.quoting import GUARD
from deployer.waiting import repeating

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

# For one command that can be repeated at once, including its repetitions. Seconds.
RETRY_LIMIT = 90.0

# What helm and the Go libraries below it report about failures of the network, the API server or a registry
# that pass by themselves. Without "timed out waiting" and "context deadline exceeded": then objects were not
# ready in time.
PASSING = re.compile(
    r"connection (?:reset|refused)|broken pipe|\bEOF\b|TLS handshake timeout|i/o timeout|http2: "
    r"|no such host|server misbehaving|server is currently unable|an error on the server|etcdserver"
    r"|unable to return a response|unexpected end of JSON|invalid character|malformed HTTP|checksum"
    r"|too many requests|internal server error|service unavailable|bad gateway|gateway time-?out"
    r"|status(?: code)?:? (?:429|5\d\d)",
    re.IGNORECASE,
)

# The message of helm about an artifact that a registry does not have.
MISSING_ARTIFACT = re.compile(r"(?:manifests/|oci://|on source: )\S+: not found|unable to locate any tags")

# What helm reports where a template fails: because the chart refuses values (`fail`), or cannot use them.
TEMPLATE_FAILED = re.compile(r"execution error at \(|error calling \w+:|template: \S+:\d+:\d+: executing ")

# The version setting of the one chart that HELM_VALUES are for.
TAKES_HELM_VALUES = "BINDERHUB_VERSION"


async def repeated(command: Callable[[], Awaitable[T]]) -> T:
    """Await `command()`, again while its failure can pass by itself."""

    async def attempt() -> T:
        return await command()  # tenacity only awaits coroutine functions

    return await repeating(can_pass, "helm is not answered", limit=RETRY_LIMIT)(attempt)


def can_pass(error: BaseException) -> bool:
    """Return whether a failure of helm can pass by itself."""
    if isinstance(error, Error):
        return PASSING.search(error.stderr.decode(errors="replace")) is not None
    # A command that was killed at its limit, or printed half a document: the API server stopped answering it.
    return isinstance(error, TimeoutError | ValueError | yaml.YAMLError)


async def explained(what: str, command: Awaitable[T], setting: str | None = None) -> T:
    """Await a command.

    Raises:
        HelmError: it failed.

    """
    try:
        return await command
    except Error as error:
        raise helm_error(what, error, setting) from None
    except TimeoutError:
        raise HelmError(
            f"{what}: helm did not end in time and was stopped.",
            cause="The API of the cluster or a chart repository accepts connections but does not answer.",
            retryable=True,
            passing=True,
        ) from None
    except (ValueError, yaml.YAMLError):
        raise HelmError(f"{what}: its answer was cut off.", retryable=True, passing=True) from None


def helm_error(what: str, error: Error, setting: str | None = None) -> HelmError:
    """Return the error for people.

    Args:
        what: what helm could not do, a sentence without its period.
        error: of helm.
        setting: the setting for the version of the chart.

    """
    words = error_line(error.stderr.decode(errors="replace"))
    # Where no chart is installed, a release is read or returned to values of an earlier run.
    follows = setting is None or (setting == TAKES_HELM_VALUES and GUARD.watches)
    fetched = isinstance(error, ChartNotFoundError) or MISSING_ARTIFACT.search(words) is not None
    message = f"{what}: {GUARD.published(words) if follows and not fetched else words}"
    if fetched:
        return HelmError(
            message,
            cause="The chart repository has no such version.",
            suggestion=_tested_version(setting),
        )
    if "values don't meet the specifications" in words:
        return _refused_values(
            message,
            setting,
            "The schema of the chart refuses a key in",
            "Correct the named keys in HELM_VALUES.",
        )
    if TEMPLATE_FAILED.search(words):
        return _refused_values(
            message, setting, "A template of the chart refuses", "Correct HELM_VALUES as the chart says."
        )
    if isinstance(error, InvalidResourceError):
        return HelmError(
            message,
            cause="The cluster refuses an object of the chart with these values.",
            suggestion="Correct HELM_VALUES if they set that object; else leave the chart version unset.",
        )
    return HelmError(message, retryable=True, passing=can_pass(error))


def _refused_values(message: str, setting: str | None, refusal: str, correction: str) -> HelmError:
    """Return the error of a chart that refuses values: those of the user, or ours in another version."""
    if setting == TAKES_HELM_VALUES:
        return HelmError(message, cause=f"{refusal} HELM_VALUES.", suggestion=correction)
    return HelmError(message, cause=f"{refusal} our values.", suggestion=_tested_version(setting))


def _tested_version(setting: str | None) -> str | None:
    return f"Leave {setting} unset for the version that is known to work." if setting else None


def error_line(stderr: str) -> str:
    """Return the error of helm as one line, without log lines and warnings."""
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"(?i)error:", line)]
    start = lines.index(errors[-1]) if errors else 0
    return " ".join(lines[start:]).removeprefix("Error: ") or "no reason given"
