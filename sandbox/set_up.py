"""Sets up what the sandbox and the tests need: `python3 sandbox/set_up.py`.

Only checks the version of Python, and so has to be valid for old versions as well; the rest is in
`sandbox/setup/`.
"""

from __future__ import annotations

import os
import shutil
import sys

OLDEST = (3, 11)
KNOWN = ("python3.14", "python3.13", "python3.12", "python3.11")


def use_a_new_enough_python() -> None:
    """Replace this process by a newer Python if this one is too old, or exit if there is none."""
    if sys.version_info >= OLDEST:
        return
    for name in KNOWN:
        found = shutil.which(name)
        if found:
            os.execv(found, [found, *sys.argv])  # noqa: S606 - the same program in a newer Python
    sys.exit(
        "This is Python {}.{}, and no newer one is on the PATH. Python 3.11 or newer is needed: install it,\n"
        "for example by `apt install python3.11 python3.11-venv` or `brew install python`.".format(
            *sys.version_info[:2]
        )
    )


if __name__ == "__main__":
    use_a_new_enough_python()
    # Modules are imported from the checkout, not from this directory.
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120 - old Pythons
    from sandbox.setup.command import main

    sys.exit(main())
