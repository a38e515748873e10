"""Microsoft.ContainerInstance: container groups, each of which is one process of the sandbox."""
