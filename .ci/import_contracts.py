"""Hold the imports between rooms to the table in docs/architecture.md, by import-linter.

    python .ci/import_contracts.py [--print]

Each row ``| `room/` | its one job | may import |`` becomes a contract that forbids its room every other one.
``all above`` stands for the rooms of the rows before; every room may import those of ``EVERYWHERE``.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
EVERYWHERE = ("errors", "files", "plugins", "version")


def read_table(text: str) -> dict[str, set[str]]:
    """Return for each room of the table the rooms that it may import."""
    allowed: dict[str, set[str]] = {}
    for rooms, may in re.findall(r"^\| (`[^|]+`) \|[^|]*\|([^|]*)\|$", text, flags=re.MULTILINE):
        names = [one.removesuffix("/").removesuffix(".py") for one in re.findall(r"`([^`]+)`", rooms)]
        known = set(allowed) if "all above" in may else set()
        listed = {one.strip(" `/") for one in may.split(",")} - {"", "–", "all above"}
        for name in names:
            allowed[name] = {*known, *listed, *EVERYWHERE, *names}
    return allowed


def configuration(allowed: dict[str, set[str]]) -> str:
    """Return the contracts in import-linter's own format."""
    lines = ["[importlinter]", "root_package = medspatial", "exclude_type_checking_imports = True"]
    for room, may in allowed.items():
        forbidden = [one for one in allowed if one not in may and one != room]
        if forbidden:
            lines += [
                "",
                f"[importlinter:contract:{room}]",
                f"name = {room} imports only {', '.join(sorted(may - {room}))}",
                "type = forbidden",
                "allow_indirect_imports = True",
                "source_modules =",
                f"    medspatial.{room}",
                "forbidden_modules =",
                *(f"    medspatial.{one}" for one in forbidden),
            ]
    return "\n".join(lines) + "\n"


def missing_rooms(allowed: dict[str, set[str]]) -> set[str]:
    """Return rooms of the package that the table does not name, or names without a room."""
    package = ROOT / "src" / "medspatial"
    there = {
        path.stem for path in package.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    return (there ^ set(allowed)) - {"__init__", "__main__"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--print", action="store_true", help="print the contracts and stop")
    options = parser.parse_args()
    allowed = read_table((ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))
    if options.print:
        print(configuration(allowed))
        return 0
    if differing := missing_rooms(allowed):
        print(f"docs/architecture.md and src/medspatial differ in rooms: {', '.join(sorted(differing))}")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "contracts.ini"
        file.write_text(configuration(allowed), encoding="utf-8")
        program = Path(sys.executable).parent / "lint-imports"
        ours = {**os.environ, "PYTHONPATH": str(ROOT / "src")}  # this checkout, whatever is installed
        command = [program, "--config", file, "--no-cache"]
        return subprocess.run(command, cwd=ROOT, env=ours, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
