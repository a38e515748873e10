"""What every step of a run can use: settings, names, clients, outputs and the results of other steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from deployer.run.results import Results

if TYPE_CHECKING:
    from contextlib import AsyncExitStack
    from datetime import datetime
    from pathlib import Path

    from deployer.azure.clients import AzureClients
    from deployer.names import HubNames
    from deployer.outputs.stores import RunOutputs
    from deployer.redaction import Redactor
    from deployer.settings import Settings


@dataclass
class Context:
    """The surroundings of one run, handed to every step.

    Attributes:
        requested: the settings as they were loaded; subscription and region may still be open.
        started: when the run started, UTC.
        output_directory: where outputs go when the settings name no storage account.
        helm: the helm program.
        redactor: learns each secret that a step creates.
        resources: what is closed or removed when the run ends (private files, connections).
        results: what steps pass on to each other.

    """

    requested: Settings
    started: datetime
    output_directory: Path
    helm: Path
    redactor: Redactor
    resources: AsyncExitStack
    results: Results = field(default_factory=Results)

    @property
    def settings(self) -> Settings:
        """The settings, with the id of the subscription and the region; after the step `sign-in`."""
        return self.results.session.get().settings

    @property
    def names(self) -> HubNames:
        """The names derived from the settings; after the step `sign-in`."""
        return self.results.session.get().names

    @property
    def azure(self) -> AzureClients:
        """The clients for the subscription; after the step `sign-in`."""
        return self.results.session.get().azure

    @property
    def outputs(self) -> RunOutputs:
        """The outputs of this run; after the step `outputs`."""
        return self.results.outputs.get()
