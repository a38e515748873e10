"""The exception tree: every failure that people are meant to read.

    DeployerError
    ├── SettingsError            settings are wrong; nothing was created         exit status 2
    ├── PreflightError           the environment refuses; nothing was created    exit status 2
    ├── CredentialsError         no identity, or one that Azure does not accept  exit status 1
    ├── AzureError               Azure refused or failed a request               exit status 1
    ├── HelmError                a chart could not be fetched or installed       exit status 1
    ├── KubernetesError          the cluster's API refused or failed             exit status 1
    ├── CertificateError         no certificate, for a reason that waiting or asking elsewhere won't mend
    │                                                                            exit status 1
    ├── VerificationError        everything is installed, but the hub does not answer   exit status 1
    ├── OutputsError             the outputs could not be written                exit status 1
    └── Interrupted              SIGTERM or Ctrl-C ended the run in order        exit status 3

Each carries what happened, the likely cause, what to do next and whether trying again can help, so that
the terminal, the record and the status page can all say the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Sequence

START_AGAIN = "Start again in a few minutes: what is there already is kept."


class DeployerError(Exception):
    """A failure told to people.

    Args:
        message: what happened, one sentence.
        cause: the likely cause, when it is known.
        suggestion: what the reader can do next; where nothing is given and trying again can help, that.
        retryable: whether the same run again can succeed without a change by the reader.

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
    """One wrong setting.

    Attributes:
        setting: the setting in the reader's terms (environment variable, JSON path, form label or option).
        value: what was given, None for a secret or for a value that is missing.
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
    """One or more settings are wrong: all of them are in `problems`."""

    exit_status = 2

    def __init__(self, problems: Sequence[Problem]) -> None:
        count = "One setting is" if len(problems) == 1 else f"{len(problems)} settings are"
        super().__init__(
            f"{count} wrong; nothing was created.",
            suggestion="Correct what is listed and start again.",
        )
        self.problems = tuple(problems)


class PreflightError(DeployerError):
    """What is there already, or what the rights allow, makes the deployment impossible."""

    exit_status = 2


class CredentialsError(DeployerError):
    """Azure could not be asked in anybody's name."""


class AzureError(DeployerError):
    """Azure refused or failed a request; `code` is Azure's own error code."""

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
    """Helm could not fetch, install or upgrade a chart."""


class KubernetesError(DeployerError):
    """The cluster's API refused or failed a request."""


class CertificateError(DeployerError):
    """The certificate could not be had: the e-mail was refused, or the hub can't prove its names."""


class VerificationError(DeployerError):
    """The hub does not answer as it should."""


class OutputsError(DeployerError):
    """The outputs could not be written."""


class Interrupted(DeployerError):  # noqa: N818 - not an error of anybody's
    """The run was ended from outside; the next run resumes it."""

    exit_status = 3
