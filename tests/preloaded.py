"""Imports all that a command of the deployer imports, for the fork server: see fork_server.py."""

from __future__ import annotations

import gc
import importlib
import pkgutil

import deployer

# What the deployer imports where it uses it, and what these libraries import when they are first used.
_LIBRARIES = (
    "azure.mgmt.containerservice.aio.operations",
    "azure.mgmt.resource.resources.aio.operations",
    "azure.storage.blob.aio",
    "kr8s.asyncio.objects",
)

for _name in (*_LIBRARIES, *(each.name for each in pkgutil.walk_packages(deployer.__path__, "deployer."))):
    importlib.import_module(_name)

# Objects that no collection looks at stay in pages that all commands share.
gc.collect()
gc.freeze()
