"""What visitors of a hub meet at its public addresses, read from the cluster that runs it."""
