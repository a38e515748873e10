"""How the host names of the internet lead to this machine: a proxy, a certificate authority, listeners."""
