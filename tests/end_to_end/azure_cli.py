"""The command line of Azure, as people use it beside the deployer; its tests are skipped without it."""

from __future__ import annotations

import json
import shutil
import subprocess
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.client import RunningSandbox

AZ = shutil.which("az")
needs_azure_cli = pytest.mark.skipif(AZ is None, reason="azure-cli is not installed")


@contextmanager
def azure_cli(sandbox: RunningSandbox) -> Iterator[Callable[..., Any]]:
    """Sign in as the service principal of the sandbox; give a function that runs a command for its result."""
    with TemporaryDirectory() as folder:
        environment = sandbox.environment()
        environment |= {"AZURE_CONFIG_DIR": folder, "AZURE_CORE_COLLECT_TELEMETRY": "false"}

        def az(*command: str) -> Any:
            words = [str(AZ), *command, "--output", "json"]
            ran = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
            assert ran.returncode == 0, ran.stderr
            return json.loads(ran.stdout or "null")

        who = {name: environment[f"SP_{name}"] for name in ("APP_ID", "APP_KEY", "TENANT_ID")}
        signed_in = ("--username", who["APP_ID"], "--password", who["APP_KEY"], "--tenant", who["TENANT_ID"])
        az("login", "--service-principal", *signed_in)
        yield az
