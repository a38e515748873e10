"""How a command reaches a sandbox that runs: what it wrote down about itself, and its control app."""

from __future__ import annotations

import json
import os
import ssl
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DESCRIPTION = "sandbox.json"
LOG = "sandbox.log"
CONTROL = "http://sandbox.internal"
PATIENCE = httpx.Timeout(60, connect=10)


@dataclass(frozen=True)
class RunningSandbox:
    """A sandbox that runs.

    Attributes:
        state_dir: where it keeps its files.
        pid: its process.
        network: the variables that lead a client to it.
        settings: the service principal that people and tests deploy with, as environment variables.

    """

    state_dir: Path
    pid: int
    network: Mapping[str, str]
    settings: Mapping[str, str]

    @property
    def proxy(self) -> str:
        """Address of the proxy that leads into the sandbox."""
        return self.network["HTTPS_PROXY"]

    @property
    def ca_file(self) -> Path:
        """Certificate of the authority that a client has to trust, PEM."""
        return Path(self.network["SSL_CERT_FILE"])

    def client(self, base_url: str = "", **options: Any) -> httpx.Client:
        """Return an HTTP client that finds Azure's hosts in this sandbox; options are httpx's."""
        context = ssl.create_default_context(cafile=str(self.ca_file))
        return httpx.Client(
            base_url=base_url,
            proxy=self.proxy,
            verify=context,
            trust_env=False,
            timeout=PATIENCE,
            **options,
        )

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Ask the control app; options are httpx's.

        Raises:
            httpx.HTTPError: it does not answer, or refuses.

        """
        with self.client(CONTROL) as client:
            return client.request(method, path, **options).raise_for_status()

    def state(self) -> dict[str, Any]:
        """Return all that exists in the sandbox's Azure."""
        state: dict[str, Any] = self.ask("GET", "/state").json()
        return state

    def requests(self) -> list[dict[str, Any]]:
        """Return the record of all requests so far, oldest first."""
        try:
            lines = (self.state_dir / "requests.jsonl").read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in lines]

    def log(self) -> str:
        """Return what the sandbox itself wrote, where it was started detached."""
        try:
            return (self.state_dir / LOG).read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""

    def environment(self) -> dict[str, str]:
        """Return the whole environment of a program that runs inside the sandbox."""
        kubeconfig = self._write_kubeconfig()
        return {
            **os.environ,
            "PATH": _path_with_own_programs(),
            **self.network,
            **self.settings,
            "KUBECONFIG": str(kubeconfig),
            "AZURE_CORE_COLLECT_TELEMETRY": "0",
            # azure-cli's login in here must not replace the person's own.
            "AZURE_CONFIG_DIR": str(self.state_dir / "azure-cli"),
        }

    def _write_kubeconfig(self) -> Path:
        path = self.state_dir / "kubeconfig"
        path.touch(mode=0o600)
        path.write_text(self.ask("GET", "/kubeconfig").text, encoding="utf-8")
        return path


def find(state_dir: Path) -> RunningSandbox | None:
    """Return the sandbox that runs with a state directory; what a dead one wrote there is ignored."""
    try:
        told = json.loads((state_dir / DESCRIPTION).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    if not _is_sandbox(told["pid"]):
        return None
    return RunningSandbox(state_dir.resolve(), told["pid"], told["network"], told["settings"])


def _is_sandbox(pid: int) -> bool:
    """Whether a process is a sandbox, and not another one that was given a dead one's number."""
    try:
        words: Sequence[str] = Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8").split("\0")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return "sandbox" in words or any(word.endswith("sandbox/__main__.py") for word in words)


def _path_with_own_programs() -> str:
    """Return a PATH that begins with the virtual environment: binderhub-deployer, helm, python."""
    own = str(Path(sys.executable).parent)
    others = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join([own, *(folder for folder in others if folder != own)])
