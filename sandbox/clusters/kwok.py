"""The configuration of kwok, which plays the kubelets: nodes are ready at once, pods after a while."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox.clock import Clock


def write_stages(folder: Path, clock: Clock) -> Path:
    """Write the configuration; return its path.

    Args:
        folder: the folder of the cluster.
        clock: how long a pod takes to start.

    """
    pod_log = folder / "pod.log"
    pod_log.write_text(
        "2026-01-01T00:00:00.000000000Z stdout F This pod is played by the sandbox: no program runs in it.\n",
        encoding="utf-8",
    )
    milliseconds = str(int(clock.seconds("pod.start") * 1000))
    text = files("sandbox.clusters").joinpath("stages.yaml").read_text(encoding="utf-8")
    path = folder / "stages.yaml"
    path.write_text(
        text.replace("POD_START_MILLISECONDS", milliseconds).replace("POD_LOG", str(pod_log)),
        encoding="utf-8",
    )
    return path
