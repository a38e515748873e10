"""Azure on this machine: the internet as the deployer sees it, answered on loopback."""
