"""Requests to Azure: credentials, clients, retries, errors, and resources without a client of their own."""
