"""The command behind `make ui`: Dagster's own pages on the definitions of the shop."""

import os
import subprocess
import sys
from pathlib import Path

from dagster_project import runs
from dagster_project.chosen_shop import open_shop
from dagster_project.demo.shop import StoryOverError
from dagster_project.home import Home

HOST, PORT = "127.0.0.1", "3000"


def main() -> int:
    """Serve the pages until they are stopped; return the exit status."""
    home = Home.from_environment()
    runs.settle(home)
    try:
        with open_shop(home) as shop_file:
            return _serve(home, shop_file)
    except StoryOverError as error:
        print(error, file=sys.stderr)
        return 1


def _serve(home: Home, shop_file: Path) -> int:
    environment = {
        **os.environ,
        "STELLAR_SHOP": str(shop_file),
        "STELLAR_HOME": str(home.root),
        "DAGSTER_HOME": str(home.dagster),
    }
    command = [sys.executable, "-m", "dagster", "dev", "-m", "dagster_project.definitions"]
    try:
        return subprocess.run(  # noqa: S603 (the command is ours)
            [*command, "--host", HOST, "--port", PORT], env=environment, check=False
        ).returncode
    except KeyboardInterrupt:
        return 0


if __name__ == "__main__":
    sys.exit(main())
