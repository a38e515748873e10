"""Tests of JupyterHub itself, which share one installation."""
