"""The container's start: runs the command that ACTION names, with all settings from the environment."""

from deployer.cli import run_action

if __name__ == "__main__":
    run_action()
