"""`python -m sandbox`."""

from sandbox.cli import run

if __name__ == "__main__":
    run()
