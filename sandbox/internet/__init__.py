"""Hosts outside Azure that a deployment calls: Docker Hub, chart repositories, certificate authorities."""
