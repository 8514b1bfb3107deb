"""The command: ``python -m voxdice``, and the script ``voxdice``."""

import sys

from ._voxdice import run_command


def main() -> int:
    """Runs the command with this process's arguments and returns its exit code."""
    return run_command(["voxdice", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
