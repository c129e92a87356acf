"""Build the viewer's 3D part before a wheel is packed; without Node the wheel holds everything else."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ViewerBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs ``npm ci`` and ``npm run build`` in ``viewer/``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build, unless it is built already or this is an editable install."""
        root = Path(self.root)
        built = root / "src" / "medspatial" / "view" / "built" / "viewer.js"
        if version == "editable" or built.is_file() or not (root / "viewer").is_dir():
            return
        npm = shutil.which("npm")
        if npm is None:
            print(
                "The 3D part of the viewer is not built: npm (Node 20 or newer) is missing.", file=sys.stderr
            )
            return
        for step in (["ci", "--no-audit", "--no-fund"], ["run", "build"]):
            if subprocess.run([npm, *step], cwd=root / "viewer", check=False).returncode:
                print("The viewer is packed without its 3D part: npm failed, see above.", file=sys.stderr)
                return
