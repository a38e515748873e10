"""Storage accounts: a real blob store for each, behind the rights that Azure asks for."""
