"""Installs what the sandbox and the tests need, with the standard library only: nothing is installed yet."""
