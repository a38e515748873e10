"""Microsoft.ContainerRegistry: registries, their scope maps and tokens, and the registries' endpoints."""
