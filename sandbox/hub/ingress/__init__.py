"""Traefik, as far as visitors notice it, read from its pods' arguments and from live Ingresses."""
