"""The deployer's container image: builds it with the engine at hand, unpacks it, and runs its containers."""
