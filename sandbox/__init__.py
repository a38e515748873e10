"""Azure on this machine: the hosts that the deployer talks to, served on loopback."""
