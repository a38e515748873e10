"""Who is who: the tenant's people and applications, and the endpoints that give them tokens."""
