"""The exceptions that people read: what happened, the likely cause and what to do next.

    DeployerError
    ├── SettingsError            settings are invalid; nothing was created              exit status 2
    ├── PreflightError           the deployment is not possible; nothing was created    exit status 2
    ├── CredentialsError         no credentials, or Azure refuses them                  exit status 1
    ├── AzureError               Azure refused or failed a request                      exit status 1
    ├── ForeignRecordError       a DNS record of another owner has a name of the hub    exit status 1
    ├── HelmError                a chart could not be fetched or installed              exit status 1
    ├── KubernetesError          the API of the cluster refused or failed a request     exit status 1
    ├── CertificateError         no authority can issue the certificate                 exit status 1
    ├── VerificationError        everything is installed, but the hub does not answer   exit status 1
    ├── CrashedError             the container was started too often                    exit status 1
    ├── AlreadyRunningError      another run works on the hub; nothing was changed      exit status 4
    └── Interrupted              SIGTERM or Ctrl-C ended the run in order               exit status 3

RepeatableCrash is no DeployerError: a programming error that Azure may start the container again after.

Each holds what happened, the likely cause, what to do next and whether a repeated run can succeed, so that
terminal, record and log all show the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

START_AGAIN = "Start again in a few minutes: everything that exists already is kept."


class DeployerError(Exception):
    """A failure that people read.

    Args:
        message: what happened, one sentence.
        cause: the likely cause, if it is known.
        suggestion: what to do next; by default to start again, if that can help.
        retryable: whether the same run can succeed when it is repeated without changes.

    """

    exit_status: ClassVar[int] = 1

    def __init__(
        self,
        message: str,
        *,
        cause: str | None = None,
        suggestion: str | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.cause = cause
        self.suggestion = suggestion or (START_AGAIN if retryable else None)
        self.retryable = retryable


@dataclass(frozen=True)
class Problem:
    """One invalid setting.

    Attributes:
        setting: its name where the reader wrote it (environment variable, JSON path, form label or option).
        value: the given value, None for a secret or a missing value.
        rule: what is wrong with it.
        remedy: what to write instead.

    """

    setting: str
    value: str | None
    rule: str
    remedy: str

    def __str__(self) -> str:
        given = "" if self.value is None else f" = {self.value!r}"
        return f"{self.setting}{given}: {self.rule} {self.remedy}"


class SettingsError(DeployerError):
    """One or more settings are invalid: `problems` has all of them."""

    exit_status = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        count = "One setting is" if len(problems) == 1 else f"{len(problems)} settings are"
        super().__init__(
            f"{count} wrong; nothing was created.",
            suggestion="Correct what is listed and start again.",
        )
        self.problems = tuple(problems)


class PreflightError(DeployerError):
    """The deployment is not possible: because of missing rights, or of resources that exist already."""

    exit_status = 2


class CredentialsError(DeployerError):
    """No usable Azure credentials."""


class AzureError(DeployerError):
    """Azure refused or failed a request; `code` is the error code of Azure."""

    def __init__(
        self,
        message: str,
        *,
        code: str,
        cause: str | None = None,
        suggestion: str | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init__(message, cause=cause, suggestion=suggestion, retryable=retryable)
        self.code = code


class HelmError(DeployerError):
    """Helm could not fetch, install or upgrade a chart.

    `passing` tells whether the network, the API of the cluster or a registry failed for a moment, so that the
    same command can succeed at once.
    """

    def __init__(
        self,
        message: str,
        *,
        cause: str | None = None,
        suggestion: str | None = None,
        retryable: bool = False,
        passing: bool = False,
    ) -> None:
        super().__init__(message, cause=cause, suggestion=suggestion, retryable=retryable)
        self.passing = passing


class KubernetesError(DeployerError):
    """The API of the cluster refused or failed a request."""


class CertificateError(DeployerError):
    """No authority can issue the certificate: it refuses the e-mail address or cannot verify the names."""


class VerificationError(DeployerError):
    """The hub does not answer as it should."""


class CrashedError(DeployerError):
    """The deployer crashed each time that Azure started its container; it does not try again."""


class RepeatableCrash(Exception):  # noqa: N818 - what Azure may do about it matters here
    """A programming error ended a run whose starts are counted, so that starting it again has an end."""


class AlreadyRunningError(DeployerError):
    """Another run works on the same hub; this one has changed nothing."""

    exit_status = 4


class Interrupted(DeployerError):  # noqa: N818 - an ending, not an error
    """A signal ended the run; the next run resumes it."""

    exit_status = 3


def combined(errors: Sequence[DeployerError]) -> DeployerError:
    """Return one error that tells all problems of checks that were made side by side.

    Args:
        errors: at least one; the first decides the exit status.

    """
    first = errors[0]
    if len(errors) == 1:
        return first
    messages = _distinct(error.message for error in errors)
    if len(messages) == 1:
        return first
    kind = VerificationError if isinstance(first, VerificationError) else DeployerError
    result = kind(
        " ".join(messages),
        cause=" ".join(_distinct(error.cause for error in errors)) or None,
        suggestion=" ".join(_distinct(error.suggestion for error in errors)) or None,
        retryable=all(error.retryable for error in errors),
    )
    result.exit_status = first.exit_status  # type: ignore[misc]
    return result


def _distinct(texts: Iterable[str | None]) -> list[str]:
    return list(dict.fromkeys(text for text in texts if text))
