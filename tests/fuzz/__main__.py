"""``python -m fuzz``: run mutations, print what fails, replay one."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from fuzz.harness import Result, kinds, run


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("--cases", type=int, default=20_000, help="number of cases")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--case", type=int, help="replay one case and keep its file")
    parser.add_argument("--kind", choices=kinds(), default="", help="only this kind of file")
    parser.add_argument("--keep", type=Path, default=Path("fuzz-failures"), help="for failed files")
    return parser.parse_args()


def _told(result: Result) -> str:
    lines = [f"case {result.number} ({result.kind}): {'; '.join(result.done)}"]
    return "\n  ".join([*lines, *(text.strip() for text in result.failures)])


def main() -> int:
    """Run the cases asked for; 1 if any failed."""
    asked = _arguments()
    first = asked.first if asked.case is None else asked.case
    cases = asked.cases if asked.case is None else 1
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(first, first + cases):
            result = run(asked.seed, number, Path(folder), asked.kind)
            if result.failures or asked.case is not None:
                asked.keep.mkdir(parents=True, exist_ok=True)
                (asked.keep / result.name).write_bytes(result.data)
                print(_told(result), flush=True)
            failed += bool(result.failures)
            (Path(folder) / result.name).unlink()
    print(f"seed {asked.seed}: {failed} of {cases} cases failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
