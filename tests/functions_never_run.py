"""Names the functions that no test runs, from the report of `coverage json`, and fails if there are any."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

# They end the process by a signal, before coverage can write what ran.
UNMEASURED = {"deployer/command_line/terminal.py: _end_now"}


def functions_never_run(report: dict[str, Any]) -> list[str]:
    """Return `file: function` for each function with statements of which none was run."""
    found = [
        f"{file}: {name}"
        for file, measured in sorted(report["files"].items())
        for name, function in measured["functions"].items()
        if name and function["summary"]["num_statements"] and not function["executed_lines"]
    ]
    return [each for each in found if each not in UNMEASURED]


if __name__ == "__main__":
    found = functions_never_run(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    sys.exit("No test runs these functions:\n" + "\n".join(found) if found else 0)
