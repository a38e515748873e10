"""Microsoft.ContainerRegistry as a whole, for the kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.resource_manager.container_registry.registries import Registries, RegistryFunctions
from sandbox.resource_manager.container_registry.scope_maps import ScopeMaps
from sandbox.resource_manager.container_registry.tokens import TokenFunctions, Tokens
from sandbox.resource_manager.resource_types import Provider

if TYPE_CHECKING:
    from sandbox.resource_manager.kernel import Kernel


def provider(kernel: Kernel) -> Provider:
    """Microsoft.ContainerRegistry."""
    types = (Registries(kernel), ScopeMaps(kernel), Tokens(kernel))
    functions = (*RegistryFunctions(kernel).functions(), *TokenFunctions(kernel).functions())
    return Provider("Microsoft.ContainerRegistry", types, functions)
