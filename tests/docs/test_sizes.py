"""The sizes that README and form name: they hold as many sessions as is said there."""

from __future__ import annotations

import re
from pathlib import Path

from deployer.settings.capacity import Session, sessions_per_node, too_large_for
from deployer.settings.vm_sizes import node_size
from tests.template_click import our_template

README = Path(__file__).parents[2] / "README.md"
LIMITS = ("1G", "2G", "4G", "8G")


def held(size: str, limit: str) -> str:
    """Return how many sessions a node holds, as the table writes it."""
    session = Session.of(limit, 1.0)
    return "–" if too_large_for(size, session) else str(sessions_per_node(size, session))


def test_the_table_of_sizes_says_what_is_derived() -> None:
    rows = re.findall(
        r"^\| `(Standard_\w+)`[^|]*\| (\d+) \| (\d+) GiB \| (.+) \|$", README.read_text("utf-8"), re.MULTILINE
    )
    assert len(rows) == 5
    for size, cores, memory, cells in rows:
        known = node_size(size)
        assert known is not None
        assert (known.millicores, known.mebibytes) == (int(cores) * 1000, int(memory) * 1024)
        assert cells.split(" | ") == [held(size, limit) for limit in LIMITS]


def test_the_form_says_what_is_derived() -> None:
    told = our_template()["parameters"]["aksNodeVmSize"]["metadata"]["description"]
    for size, sessions in (("Standard_D2s_v5", "8 sessions of 2 GiB"), ("Standard_D4s_v5", "19")):
        assert f"{size} " in told
        assert sessions in told
        assert held(size, "2G") in sessions
