"""Certificate authorities that speak ACME: what the sandbox plays of them, and what they refuse."""
