"""What a step may use: settings, names, clients, results. Nothing here does anything by itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deployer.results import Results

if TYPE_CHECKING:
    from contextlib import AsyncExitStack
    from pathlib import Path

    from azure.core.credentials_async import AsyncTokenCredential

    from deployer.azure.clients import AzureClients
    from deployer.names import HubNames
    from deployer.outputs import RunOutputs
    from deployer.redaction import Redactor
    from deployer.settings import Settings


@dataclass
class Context:
    """One run's surroundings, handed to every step.

    Attributes:
        settings: what the user asked for.
        names: every name derived from it.
        credential: in whose name Azure is asked.
        azure: clients for the subscription.
        helm: the helm program.
        outputs: where this run's outputs go.
        redactor: learns each secret that a step makes.
        resources: what must be closed or removed when the run ends (private files, connections).
        results: what steps find out for each other.

    """

    settings: Settings
    names: HubNames
    credential: AsyncTokenCredential
    azure: AzureClients
    helm: Path
    outputs: RunOutputs
    redactor: Redactor
    resources: AsyncExitStack
    results: Results = field(default_factory=Results)
