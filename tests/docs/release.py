"""Writes the version of a release wherever it is named: `make release VERSION=0.2.0`.

The button and the template name a release, not a branch: what was tested together is deployed together, and a
change on the branch reaches nobody before it is released.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VERSION = r"\d+\.\d+\.\d+"
# Each place, as a pattern of the text before the version; every match in the file is moved.
PLACES = {
    "pyproject.toml": (r'^version = "',),
    "azuredeploy.json": (r"/deployer:",),
    "README.md": (r"/deployer:", r"raw\.githubusercontent\.com%2F[\w.-]+%2F[\w.-]+%2Fv"),
}


def moved(name: str, text: str, version: str) -> str:
    """Return a file with another version.

    Args:
        name: path of the file in the checkout.
        text: its content.
        version: of the release, as in 0.2.0.

    Raises:
        ValueError: the file does not name a version where it should.

    """
    for before in PLACES[name]:
        text, count = re.subn(rf"({before}){VERSION}", rf"\g<1>{version}", text, flags=re.MULTILINE)
        if not count:
            raise ValueError(f"{name} names no version after {before}")
    return text


def main(version: str) -> None:
    """Move the checkout to a version."""
    if not re.fullmatch(VERSION, version):
        sys.exit(f"{version!r} is not a version: make release VERSION=0.2.0")
    for name in PLACES:
        path = ROOT / name
        path.write_text(moved(name, path.read_text(encoding="utf-8"), version), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
