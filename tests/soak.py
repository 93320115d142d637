"""The command line of `scripts/soak`."""

import argparse
import sys


def main() -> int:
    """Run a soak; 1 if it found a fault."""
    parser = argparse.ArgumentParser(prog="scripts/soak")
    commands = parser.add_subparsers(dest="command", required=True)
    crash = commands.add_parser("crash", help="kill -9 at any moment")
    crash.add_argument("--rounds", type=int, default=50)
    crash.add_argument("--seed", type=int, default=1, help="of the first step; each further step takes the next one")
    crash.add_argument("--kind", action="append", default=[], help="only steps of this kind; may be repeated")
    crash.add_argument("--every", action="store_true", help="before every point of a step instead of at random ones")
    crash.add_argument("--seconds", type=float, default=1e9, help="begin no step after so many")
    crowded = commands.add_parser("crowd", help="everything at once")
    crowded.add_argument("--seed", type=int, default=1)
    crowded.add_argument("--seconds", type=float, default=120)
    fuzzed = commands.add_parser("fuzz", help="hostile bytes and text for every reader")
    fuzzed.add_argument("--seed", type=int, default=1)
    fuzzed.add_argument("--seconds", type=float, default=60, help="for each reader")
    fuzzed.add_argument("readers", nargs="*")
    given = parser.parse_args()
    if given.command == "fuzz":
        import fuzz

        return min(fuzz.main(given.seconds, given.seed, given.readers), 1)
    if given.command == "crowd":
        from soak_crowd import crowd

        line, faults = crowd(given.seconds, given.seed)
        sys.stderr.writelines(f"{fault}\n" for fault in faults)
        sys.stdout.write(f"{line}\n")
        return 1 if faults else 0
    from soak_crash import soak

    tally = soak(given.rounds, given.seed, every=given.every, kinds=tuple(given.kind), seconds=given.seconds)
    sys.stdout.write(f"{tally.line}\n")
    return 1 if tally.faults else 0


if __name__ == "__main__":
    sys.exit(main())
