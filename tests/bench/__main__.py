"""Measures the image beside one of its predecessor's kind, and writes the table of docs/performance.md."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from sandbox.client import start_in_background
from sandbox.image.build import CHECKOUT, Image, build_image
from sandbox.image.engines import ImageError
from tests.bench.memory import peak_of_containers
from tests.bench.predecessor_image import predecessor_image
from tests.bench.starts import until_the_end, until_the_first_token
from tests.bench.table import Row, replace_table
from tests.end_to_end.deployments import click

PAGE = CHECKOUT / "docs" / "performance.md"
MEGABYTE = 1_000_000
SETTINGS = {
    "BINDERHUB_NAME": "bench",
    "RESOURCE_GROUP_NAME": "bench",
    "RESOURCE_GROUP_LOCATION": "westeurope",
    "AZURE_SUBSCRIPTION": "5ab0ca5e-0000-4000-8000-000000000001",
    "AZURE_CLIENT_ID": "5ab0ca5e-0000-4000-8000-000000000002",
}
# Azure's minutes pass in seconds.
TIME_SCALE = 0.01


def main() -> int:
    """Measure and write the table; return the exit status."""
    try:
        image, predecessor = build_image(), predecessor_image()
    except ImageError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    rows = [*_sizes(image, predecessor), *_starts(image, predecessor), _memory()]
    table = replace_table(PAGE, rows)
    sys.stdout.write(f"{table}\n\n{PAGE.relative_to(CHECKOUT)} has this table now.\n")
    return 0


def _sizes(image: Image, predecessor: Image) -> list[Row]:
    return [
        Row("size, compressed", "MB", image.compressed / MEGABYTE, predecessor.compressed / MEGABYTE, 110),
        Row("size, unpacked", "MB", image.unpacked / MEGABYTE, predecessor.unpacked / MEGABYTE),
    ]


def _starts(image: Image, predecessor: Image) -> list[Row]:
    program = image.entrypoint
    ours = until_the_first_token(image, *program, **SETTINGS)
    theirs = until_the_first_token(predecessor, "az", "login", "--identity")
    help_text, their_help = (
        until_the_end(image, *program, "--help"),
        until_the_end(predecessor, "az", "--help"),
    )
    refused = until_the_end(image, *program, "plan", **{**SETTINGS, "AKS_NODE_COUNT": "many"})
    python = until_the_end(image, "python", "-c", "pass")
    return [
        Row("start to the first request for a token", "s", ours.wall, theirs.wall, 1.0),
        Row("the same, processor time", "s", ours.cpu, theirs.cpu, 0.7),
        Row("`--help`", "s", help_text.wall, their_help.wall, 0.4),
        Row("a refused setting", "s", refused.wall, None, 0.4),
        Row("a Python that does nothing", "s", python.wall, None),
    ]


def _memory() -> Row:
    """Deploy a hub with HTTPS from the image."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        running = start_in_background(
            Path(folder), f"--time-scale={TIME_SCALE}", "--image", ends_with_us=True
        )
        try:
            with peak_of_containers() as peak:
                clicked = click(running, "bench", contactEmail="you@university.example.org")
        finally:
            running.stop()
    if not clicked.succeeded:
        raise ImageError(f"The deployment failed: {clicked.events[-1:]}")
    return Row("memory of a whole deployment, peak", "MB", peak.memory / MEGABYTE, None, 200)


if __name__ == "__main__":
    sys.exit(main())
