"""What Azure and the pods would do in a cluster: small controllers over the real API."""
