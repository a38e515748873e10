"""What there is of a hub in Azure and in its cluster, and what of it the deployer created."""
