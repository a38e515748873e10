"""How commands and tests reach a running sandbox, or start one."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from sandbox.processes import die_with_parent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

CHECKOUT = Path(__file__).resolve().parent.parent
STATE_DIR = CHECKOUT / ".sandbox"
CONTROL = "http://sandbox.internal"
LOG = "sandbox.log"
SHOWN_LOG_CHARACTERS = 3000
# The first start builds the programs of the control plane if the machine was not set up.
START_TIMEOUT_SECONDS = 900.0
STOP_TIMEOUT_SECONDS = 60.0


class SandboxError(Exception):
    """The sandbox does not run, or a request to it failed.

    Attributes:
        exit_status: of the command.

    """

    def __init__(self, message: str, exit_status: int = 1) -> None:
        super().__init__(message)
        self.exit_status = exit_status


@dataclass(frozen=True)
class InjectedFault:
    """A fault in the script of a running sandbox."""

    sandbox: RunningSandbox
    number: int

    @property
    def fired(self) -> list[str]:
        """The requests that failed so far, as `METHOD host/path`."""
        script = self.sandbox.ask("GET", "/faults").json()
        return next(list(entry["fired"]) for entry in script if entry["number"] == self.number)


@dataclass(frozen=True)
class RunningSandbox:
    """A sandbox that runs in another process.

    Attributes:
        state_dir: its state directory.
        pid: its process id.
        network: variables by which clients reach it.
        settings: settings of the deployer for its service principal, an Owner of the subscription.
        process: the process if it is a child of this one.

    """

    state_dir: Path
    pid: int
    network: Mapping[str, str]
    settings: Mapping[str, str]
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False, compare=False)

    def environment(self) -> dict[str, str]:
        """Return the variables of a shell in the sandbox."""
        return {
            **os.environ,
            **self.network,
            **self.settings,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "KUBECONFIG": str(self.write_kubeconfig()),
            "AZURE_CORE_COLLECT_TELEMETRY": "0",
            "AZURE_CONFIG_DIR": str(self.state_dir / "azure-cli"),
        }

    def write_kubeconfig(self) -> Path:
        """Write the kubeconfig of all clusters; return its path."""
        path = self.state_dir / "kubeconfig"
        path.touch(mode=0o600)
        path.write_text(self.ask("GET", "/kubeconfig").text, encoding="utf-8")
        return path

    def client(self, **options: Any) -> httpx.Client:
        """Return an HTTP client in the network of the sandbox; options are those of httpx."""
        options.setdefault("verify", ssl.create_default_context(cafile=self.network["SSL_CERT_FILE"]))
        return httpx.Client(proxy=self.network["HTTPS_PROXY"], timeout=60, trust_env=False, **options)

    def ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Send a request to the control application; return its response.

        Raises:
            httpx.HTTPStatusError: it failed.

        """
        with self.client() as client:
            return client.request(method, f"{CONTROL}{path}", json=body).raise_for_status()

    @contextmanager
    def fault(self, kind: str, host: str, **options: Any) -> Iterator[InjectedFault]:
        """Let requests fail for a while; the options are the fields of `sandbox.network.faults.Fault`."""
        added = self.ask("POST", "/faults", {"kind": kind, "host": host, **options}).json()
        try:
            yield InjectedFault(self, added["number"])
        finally:
            self.ask("DELETE", f"/faults/{added['number']}")

    @contextmanager
    def time_scale(self, scale: float) -> Iterator[None]:
        """Let the operations of Azure take longer, or shorter, until the block ends."""
        before = self.ask("GET", "/state").json()["time_scale"]
        self.ask("PUT", "/clock", {"time_scale": scale})
        try:
            yield
        finally:
            self.ask("PUT", "/clock", {"time_scale": before})

    @contextmanager
    def time_of_day(self) -> Iterator[Callable[[str], None]]:
        """Return a function that makes it another time (ISO 8601); the block ends that."""

        def set_time(now: str) -> None:
            self.ask("PUT", "/clock", {"now": now})

        try:
            yield set_time
        finally:
            self.ask("PUT", "/clock", {"now": None})

    def state(self) -> dict[str, Any]:
        """Return all resources and requests, without any secret."""
        return dict(self.ask("GET", "/state").json())

    def requests(self) -> list[dict[str, Any]]:
        """Return all requests so far: method, host, path, status, principal, injected fault."""
        record = self.state_dir / "requests.jsonl"
        if not record.is_file():
            return []
        return [json.loads(line) for line in record.read_text(encoding="utf-8").splitlines()]

    def stop(self) -> None:
        """Stop the sandbox with all its processes, unless it has ended."""
        if not _is_running(self.pid):
            return
        os.kill(self.pid, signal.SIGTERM)
        ends = time.monotonic() + STOP_TIMEOUT_SECONDS
        while _is_running(self.pid):
            if time.monotonic() > ends:
                os.kill(self.pid, signal.SIGKILL)
            time.sleep(0.05)
        if self.process is not None:
            self.process.wait()


def attach(state_dir: Path) -> RunningSandbox | None:
    """Return the sandbox that runs with a state directory, None if there is none."""
    try:
        description = json.loads((state_dir / "sandbox.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if not _is_running(description["pid"]):
        return None
    return RunningSandbox(
        state_dir.resolve(), description["pid"], description["network"], description["settings"]
    )


@contextmanager
def attached(state_dir: Path, *options: str) -> Iterator[RunningSandbox]:
    """Yield the running sandbox, or a new one that is stopped after the block.

    Args:
        state_dir: its state directory.
        options: of `python -m sandbox start`, for a new one.

    Raises:
        SandboxError: it did not start.

    """
    running = attach(state_dir)
    if running is not None:
        yield running
        return
    running = start_in_background(state_dir, *options, ends_with_us=True)
    try:
        yield running
    finally:
        running.stop()


def start_in_background(state_dir: Path, *options: str, ends_with_us: bool = False) -> RunningSandbox:
    """Start a sandbox in the background; return when it answers.

    Args:
        state_dir: its state directory.
        options: of `python -m sandbox start`.
        ends_with_us: whether it ends with this process.

    Raises:
        SandboxError: it did not start.

    """
    state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    (state_dir / "sandbox.json").unlink(missing_ok=True)
    log = state_dir / LOG
    command = [sys.executable, "-m", "sandbox", "start", f"--state-dir={state_dir}", *options]
    with log.open("wb") as file:
        process = subprocess.Popen(
            command,
            cwd=CHECKOUT,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            # In a session of its own, Ctrl-C in a shell of the sandbox does not end the sandbox.
            start_new_session=True,
            preexec_fn=die_with_parent if ends_with_us else None,  # noqa: PLW1509 - no thread runs here
        )
    try:
        return replace(_await_ready(process, state_dir), process=process)
    except BaseException:
        process.kill()
        process.wait()
        raise


def _await_ready(process: subprocess.Popen[bytes], state_dir: Path) -> RunningSandbox:
    ends = time.monotonic() + START_TIMEOUT_SECONDS
    while (running := attach(state_dir)) is None:
        if process.poll() is not None or time.monotonic() > ends:
            words = (state_dir / LOG).read_text(encoding="utf-8", errors="replace")[-SHOWN_LOG_CHARACTERS:]
            raise SandboxError(f"The sandbox did not start:\n{words}")
        time.sleep(0.05)
    return running


def _is_running(pid: int) -> bool:
    """Return whether a process is a sandbox: a process id can be used again by another program."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return "sandbox" in words  # a zombie has no command line
