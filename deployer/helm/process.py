"""Runs helm so that it ends with the run: within seconds of a cancellation, and within a time limit.

pyhelm3 starts helm through a shell and signals only the shell, and helm itself may go on waiting for objects
after a signal. Here helm is started directly, in a process group of its own, which is killed if it does not
end.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
from contextlib import suppress
from typing import TYPE_CHECKING

from pyhelm3 import Command
from pyhelm3.errors import ChartNotFoundError, Error, InvalidResourceError, ReleaseNotFoundError

from deployer.settings.environment import child_environment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# For a command that waits for objects, beyond the limit that helm itself is given. Seconds.
MARGIN = 60.0
# For a command that only reads. Seconds.
READ_LIMIT = 120.0
# Between SIGTERM, on which helm records the release as failed, and SIGKILL. Azure Container Instances kill a
# container 30 seconds after SIGTERM, and the record of the run still has to be written. Seconds.
GRACE = 3.0

# Helm keeps the values of each revision, secrets included, in the cluster: the newest, and one to return to.
REVISIONS = 2

WAITING_COMMANDS = {"upgrade", "rollback", "uninstall"}

# Since Kubernetes 1.27 the API server checks the fields of objects itself, and strictly. To learn that, helm
# would fetch and parse the description of the whole API, which is half the work of an upgrade. pyhelm3 has an
# argument for this, but appends each of its letters.
WITHOUT_DESCRIPTION_OF_THE_API = "--disable-openapi-validation"
# Helm 4 applies objects as the manager of their fields. Without this, a field that anybody else has changed
# (an administrator with kubectl, the admissions enforcer of AKS) would fail every upgrade and rollback.
TAKING_OVER_FIELDS = "--force-conflicts"

# Appended to what pyhelm3 composes, which knows the latter for upgrades alone.
FURTHER_ARGUMENTS = {
    "upgrade": (WITHOUT_DESCRIPTION_OF_THE_API, TAKING_OVER_FIELDS),
    "rollback": (TAKING_OVER_FIELDS,),
}

# After an even number of backslashes, which are no part of it.
_PAIR = re.compile(
    rb"(?P<before>(?<!\\)(?:\\\\)*)\\u(?P<high>d[89ab][0-9a-f]{2})\\u(?P<low>d[c-f][0-9a-f]{2})"
)

# The texts of helm for errors that the deployer handles.
_KINDS: Sequence[tuple[re.Pattern[str], type[Error]]] = (
    (re.compile(r"release: not found"), ReleaseNotFoundError),
    (re.compile(r"chart \"[^\"]+\" (version \"[^\"]+\" )?not found"), ChartNotFoundError),
    (
        re.compile(r"is invalid|failed to create typed patch object|unable to convert unstructured object"),
        InvalidResourceError,
    ),
)


class HelmProcess(Command):
    """The command line of helm, as pyhelm3 composes it.

    Args:
        executable: the helm program.
        folder: private, for what helm writes while it runs.
        kubeconfig: file with the address and credentials of the cluster; None for commands without one.
        wait_limit: seconds that helm waits for objects of a release.

    """

    def __init__(
        self, executable: Path, folder: Path, kubeconfig: Path | None = None, wait_limit: int = 0
    ) -> None:
        super().__init__(
            executable=str(executable),
            kubeconfig=kubeconfig,
            default_timeout=f"{wait_limit}s",
            history_max_revisions=REVISIONS,
        )
        # Helm keeps indexes and packages of charts in the home of the user otherwise, which may be missing or
        # read-only: of a container that runs as any user, for example.
        cache = {"HELM_CACHE_HOME": str(folder / "helm-cache")}
        self._environment = {**child_environment(), "TMPDIR": str(folder), **cache}
        cluster = () if kubeconfig is None else ("--kubeconfig", str(kubeconfig))
        self._arguments = (str(executable), *cluster)
        self._wait_limit = wait_limit

    async def get_all(self, release: str, template: str, namespace: str) -> bytes:
        """Return what is stored of the newest revision of a release, as a template prints it."""
        return await self.run(["get", "all", release, "--template", template, "--namespace", namespace])

    async def run(self, command: Sequence[object], input: bytes | None = None) -> bytes:  # noqa: A002 - of pyhelm3
        """Run one command and return its standard output.

        Raises:
            pyhelm3.errors.Error: helm failed.
            TimeoutError: helm did not end in time, and was killed.

        """
        waits = command[0] in WAITING_COMMANDS
        values = None if input is None else readable_by_helm(input)
        process = await asyncio.create_subprocess_exec(
            *self._arguments,
            *map(str, command),
            *FURTHER_ARGUMENTS.get(str(command[0]), ()),
            stdin=asyncio.subprocess.PIPE if input is not None else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=self._environment,
            # A group of its own: Ctrl-C in a terminal reaches the deployer only, which then ends helm.
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(self._wait_limit + MARGIN if waits else READ_LIMIT):
                stdout, stderr = await process.communicate(values)
        finally:
            await _end(process)
        status = await process.wait()
        if status == 0:
            return stdout
        raise _error_of(stderr)(status, stdout, stderr)


def readable_by_helm(values: bytes) -> bytes:
    """Return JSON in which no character is two escapes: helm reads it as YAML, which does not know that.

    Args:
        values: JSON with every character beyond ASCII as an escape.

    """

    def whole(match: re.Match[bytes]) -> bytes:
        high, low = (int(half, 16) for half in (match["high"], match["low"]))
        return match["before"] + b"\\U%08x" % (0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))

    return _PAIR.sub(whole, values)


async def _end(process: asyncio.subprocess.Process) -> None:
    """End a process and its children, politely at first."""
    if process.returncode is not None:
        return
    _signal(process, signal.SIGTERM)
    with suppress(TimeoutError):
        async with asyncio.timeout(GRACE):
            await process.wait()
    if process.returncode is None:
        _signal(process, signal.SIGKILL)
        await process.wait()


def _signal(process: asyncio.subprocess.Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)


def _error_of(stderr: bytes) -> type[Error]:
    text = stderr.decode(errors="replace").lower()
    return next((kind for pattern, kind in _KINDS if pattern.search(text)), Error)
