"""envctl, Terraform and a script of the AWS CLI, side by side on one MiniStack.

    cargo bench --bench compare                     builds envctl and runs this
    python3 benches/compare --envctl PATH           another binary; --rounds N (5)

Prints seconds, peak memory, API calls and waves of each, and ratios against envctl; then `drift --all` of a hundred and of a
thousand environments on the simulated cloud. Whoever is missing on this machine is named and left out. Terraform's provider
comes from the folder TF_PLUGIN_DIR names, so that nothing is downloaded.
"""

import argparse
import pathlib
import re
import subprocess
import sys

from comparison import compare

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def emulator():
    """Starts the emulators and tells where MiniStack listens."""
    said = subprocess.run([ROOT / "scripts" / "emulators", "start"], check=True, stdout=subprocess.PIPE, text=True)
    return re.search(r"ENVCTL_TEST_MINISTACK=(\S+)", said.stdout).group(1)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--envctl", type=pathlib.Path, default=ROOT / "target" / "release" / "envctl")
    parser.add_argument("--rounds", type=int, default=5)
    # `cargo bench` hands this on to every benchmark.
    parser.add_argument("--bench", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def main():
    options = arguments()
    if not options.envctl.exists():
        sys.exit(f"{options.envctl} is not there: run `cargo bench --bench compare`, or give --envctl PATH")
    endpoint = emulator()
    try:
        return compare(options, endpoint)
    finally:
        subprocess.run([ROOT / "scripts" / "emulators", "stop"], check=False)


if __name__ == "__main__":
    sys.exit(main())
