"""Runs the command line with little patience for a hub that does not answer: ten minutes are long here."""

from __future__ import annotations

from deployer.cli import main
from deployer.steps import verify

if __name__ == "__main__":
    verify.ANSWER_LIMIT = 3.0
    main()
