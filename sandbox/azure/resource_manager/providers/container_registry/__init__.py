"""Microsoft.ContainerRegistry: registries, scope maps and tokens, and the registries' own login endpoints."""
