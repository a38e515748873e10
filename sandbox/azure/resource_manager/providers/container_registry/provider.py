"""Microsoft.ContainerRegistry as a whole, for the kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.azure.resource_manager.core.resource_types import Provider
from sandbox.azure.resource_manager.providers.container_registry.registries import (
    Registries,
    RegistryFunctions,
)
from sandbox.azure.resource_manager.providers.container_registry.scope_maps import ScopeMaps
from sandbox.azure.resource_manager.providers.container_registry.tokens import TokenFunctions, Tokens

if TYPE_CHECKING:
    from sandbox.azure.resource_manager.core.kernel import Kernel


def provider(kernel: Kernel) -> Provider:
    """Microsoft.ContainerRegistry."""
    types = (Registries(kernel), ScopeMaps(kernel), Tokens(kernel))
    functions = (*RegistryFunctions(kernel).functions(), *TokenFunctions(kernel).functions())
    return Provider("Microsoft.ContainerRegistry", types, functions)
