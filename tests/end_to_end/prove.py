"""Runs the deployer's last two steps alone, with little patience: `python -m tests.end_to_end.prove`.

A process of its own, as the deployer is: it finds the hub's settings and the sandbox in its environment.
"""

from __future__ import annotations

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, cast

from deployer.azure.session import Session
from deployer.errors import VerificationError
from deployer.kubernetes.cluster import ClusterAccess
from deployer.names import derive_names
from deployer.progress.events import Progress
from deployer.progress.report import StepReport
from deployer.redaction import Redactor
from deployer.run.context import Context
from deployer.settings import load_settings
from deployer.steps import addresses, verify
from tests import aborts

if TYPE_CHECKING:
    from azure.core.credentials_async import AsyncTokenCredential

    from deployer.azure.clients import AzureClients

LIMIT_SECONDS = 1.0


async def prove() -> str:
    """Return what the last step says.

    Raises:
        VerificationError: the hub is not whole.

    """
    settings = load_settings({}, None).settings
    async with AsyncExitStack() as resources:
        now, outputs = datetime.now(UTC), Path("outputs")
        context = Context(settings, now, outputs, Path("helm"), Redactor(), resources, aborts.fail)
        # These two steps send no request to Azure.
        credential, azure = cast("AsyncTokenCredential", None), cast("AzureClients", None)
        context.results.session.set(Session(settings, derive_names(settings), credential, azure))
        context.results.cluster.set(ClusterAccess(Path(os.environ["KUBECONFIG"])))
        context.results.release_before.set(None)
        await addresses.ensure_addresses(context, StepReport("addresses", Progress()))
        return await verify.verify(context, StepReport("verify", Progress()))


def main() -> None:
    """Say how it ended: 0 when the hub is whole."""
    addresses.ADDRESS_LIMIT = verify.ANSWER_LIMIT = LIMIT_SECONDS
    try:
        sys.stdout.write(f"{asyncio.run(prove())}\n")
    except VerificationError as error:
        sys.exit(f"{error.message}\n{error.cause or ''}")


if __name__ == "__main__":
    main()
