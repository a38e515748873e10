"""All that goes over the wire to Azure: credentials, clients, long-running operations, errors."""
