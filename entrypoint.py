"""The container's start: runs a command, or what ACTION names with all settings from the environment."""

import sys

if __name__ == "__main__":
    try:
        from deployer.cli import main, run_action
    except Exception as error:  # noqa: BLE001 - Azure would start a container that exits otherwise again for ever
        print(f"The deployer cannot start: its image is broken ({type(error).__name__}: {error}).")  # noqa: T201
        sys.exit(0)
    if len(sys.argv) > 1:  # The image is run by hand, with a command and its options.
        main()
    run_action()
