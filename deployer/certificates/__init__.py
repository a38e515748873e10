"""Certificates: who signs them, how far an issuance is, and what to do next."""
