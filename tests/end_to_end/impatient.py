"""Runs the command line with little patience for missing rights: Azure's ten minutes are long for a test."""

from __future__ import annotations

from deployer.azure import retries
from deployer.cli import main

if __name__ == "__main__":
    retries.RIGHTS = retries.RetryPolicy(retries.RIGHTS.reason, 1.0)
    main()
