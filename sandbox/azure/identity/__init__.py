"""Identity: the principals of the tenant, and the endpoints that issue their tokens."""
