"""How the internet's host names get to this machine: a proxy, a certificate authority, a listener."""
