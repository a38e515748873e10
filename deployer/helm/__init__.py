"""Helm releases and their values."""
