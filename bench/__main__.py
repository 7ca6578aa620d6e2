"""``python -m bench NAME``: run one bench, print its figures, write bench/results/NAME.json.

Options after the name go to the bench (``pages`` has some); what they gave is printed and not kept.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def names() -> list[str]:
    return sorted(p.stem for p in HERE.glob("*.py") if not p.stem.startswith("_"))


def main() -> int:
    if len(sys.argv) < 2 or sys.argv[1] not in names():
        print(f"使い方: script/bench NAME   NAME: {' '.join(names())}", file=sys.stderr)
        return 2
    name, *options = sys.argv[1:]
    measure = importlib.import_module(f"bench.{name}").run
    result = measure(options) if options else measure()
    for part in ("figures", "ratios"):
        for key, value in result[part].items():
            print(
                f"{part[:-1]:>6}  {key:<40} {value:>14,.3f}"
                if isinstance(value, float)
                else f"{part[:-1]:>6}  {key:<40} {value!s:>14}"
            )
    if options:
        return 0
    target = HERE / "results" / f"{name}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
