"""Microsoft.ContainerService: managed clusters and their agent pools, in front of real control planes."""
