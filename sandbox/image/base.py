"""The base of the image: the official one, or a stand-in from Debian's packages where no registry answers.

Both are Debian 13 with Python 3.13 and pip. The stand-in leaves out what the official image leaves out:
documentation, manuals and translations.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.image.engines import ImageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.image.engines import Engine

SUITE = "trixie"
PACKAGES = "python3,python3-pip,ca-certificates"
LEFT_OUT = ("doc/*", "man/*", "locale/*", "info/*", "lintian/*")
OPTIONS = (
    "--quiet",
    "--variant=minbase",
    f"--include={PACKAGES}",
    *(f"--dpkgopt=path-exclude=/usr/share/{each}" for each in LEFT_OUT),
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    # The official image has a program `python`, into whose packages pip installs.
    '--customize-hook=ln -s python3 "$1/usr/bin/python"',
    '--customize-hook=rm -f "$1"/usr/lib/python3*/EXTERNALLY-MANAGED',
    # Those of this machine.
    '--customize-hook=rm -f "$1/etc/hosts" "$1/etc/hostname" "$1/etc/resolv.conf"',
)
STAND_IN = (
    f"localhost/binderhub-deployer-base:{hashlib.sha256(repr((SUITE, OPTIONS)).encode()).hexdigest()[:12]}"
)


def official_base(dockerfile: Path) -> str:
    """Return the reference of the base that a Dockerfile names."""
    found = re.search(r"^ARG BASE=(\S+)$", dockerfile.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if found is None:
        raise ImageError(f"{dockerfile} does not name its base.")
    return found[1]


def find_base(engine: Engine, official: str, say: Callable[[str], None]) -> str:
    """Return the reference of a base that the engine has, and get one if it has none.

    Args:
        engine: builds the image.
        official: reference of the official base.
        say: tells people what takes long.

    Raises:
        ImageError: no registry answers, and there is no stand-in.

    """
    for reference in (official, STAND_IN):
        if engine.has(reference):
            return reference
    say(f"pulling {official} (45 MB)")
    if engine.pull(official):
        return official
    say("the registry does not answer: making a base of Debian's packages instead (60 MB, a minute or two)")
    _make_stand_in(engine)
    return STAND_IN


def _make_stand_in(engine: Engine) -> None:
    if os.geteuid() != 0 or shutil.which("mmdebstrap") is None:
        raise ImageError(
            "The base image cannot be pulled; making one of Debian's packages needs root and mmdebstrap.\n"
            "-> Start again with a connection to the registry, or as root after `apt-get install mmdebstrap`."
        )
    with tempfile.TemporaryDirectory(prefix="image-base-") as folder:
        archive = Path(folder, "base.tar")
        made = subprocess.run(
            ["mmdebstrap", *OPTIONS, SUITE, str(archive)], capture_output=True, text=True, check=False
        )
        if made.returncode != 0:
            raise ImageError(f"mmdebstrap failed:\n{made.stderr.strip()[-1000:]}")
        engine.import_base(archive, STAND_IN)
