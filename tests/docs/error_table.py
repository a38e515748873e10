"""Writes docs/errors.md: the explanations of the deployer, for people who look an error up.

`python -m tests.docs.error_table` writes the file; a test compares it with the rules.
"""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

PAGE = Path(__file__).resolve().parents[2] / "docs" / "errors.md"

_INTRODUCTION = """\
# Errors of Azure

What the deployer says about an error of Azure or of the cluster, by the error code or by words of the
message. An error often wraps others: look for the innermost code. *Retry* says whether the same run can
succeed when it is repeated without changes. Words in italics stand for what the message contains.

<!-- Written by `make error-page` from deployer/azure/error_rules.yaml. -->
"""
_HEAD = "| Error code, message | What it means | What to do | Retry |\n| --- | --- | --- | --- |\n"
_SECTION = re.compile(r"^# --- (.+) ---$", re.MULTILINE)


def error_page() -> str:
    """Return the page: a table for each section of the rules."""
    text = resources.files("deployer.azure").joinpath("error_rules.yaml").read_text(encoding="utf-8")
    _, *parts = _SECTION.split(text)
    sections = zip(parts[::2], parts[1::2], strict=True)
    return _INTRODUCTION + "".join(_section(title, yaml.safe_load(rules)) for title, rules in sections)


def _section(title: str, rules: list[dict[str, Any]]) -> str:
    rows = "".join(_row(rule) for rule in rules)
    return f"\n## {title}\n\n{_HEAD}{rows}"


def _row(rule: dict[str, Any]) -> str:
    codes = " ".join(f"`{code}`" for code in rule.get("codes", ()))
    said = f"“{rule['said']}”" if "said" in rule else ""
    cells = (
        "<br>".join(filter(None, (codes, said))),
        rule["meaning"],
        rule["suggestion"],
        "yes" if rule.get("retryable") else "no",
    )
    return f"| {' | '.join(_cell(cell) for cell in cells)} |\n"


def _cell(text: str) -> str:
    return re.sub(r"{(\w+)}", r"*\1*", text.strip()).replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(error_page(), encoding="utf-8")
