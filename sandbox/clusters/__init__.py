"""Managed clusters: real Kubernetes control planes with simulated nodes."""
