"""Hosts outside Azure that a deployment needs: Docker Hub, chart repositories, certificate authorities."""
