"""Set-up of what the sandbox and the tests need; standard library only, since nothing is installed yet."""
