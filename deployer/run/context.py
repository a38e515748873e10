"""What every step of a run can use: settings, names, clients, outputs and the results of other steps."""

from __future__ import annotations

from dataclasses import dataclass, field
from socket import gethostname
from typing import TYPE_CHECKING
from uuid import uuid4

from deployer.locking import Holder
from deployer.run.results import Results

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AsyncExitStack
    from datetime import datetime
    from pathlib import Path

    from deployer.azure.clients import AzureClients
    from deployer.errors import DeployerError
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
        abort: ends the run with an error from outside its steps.
        wait_for_lock: whether to wait for another run of the same hub to end.
        results: what steps pass on to each other.
        run_id: unique name of the run.

    """

    requested: Settings
    started: datetime
    output_directory: Path
    helm: Path
    redactor: Redactor
    resources: AsyncExitStack
    abort: Callable[[DeployerError], None]
    wait_for_lock: bool = False
    results: Results = field(default_factory=Results)
    run_id: str = field(default_factory=lambda: str(uuid4()))

    @property
    def holder(self) -> Holder:
        """The description of this run for its locks; after the step `outputs`."""
        started = f"{self.started:%Y-%m-%d %H:%M:%S} UTC"
        return Holder(self.run_id, started, self.outputs.location, gethostname())

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
