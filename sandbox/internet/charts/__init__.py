"""Where Helm fetches charts: a classic chart repository and OCI registries."""
