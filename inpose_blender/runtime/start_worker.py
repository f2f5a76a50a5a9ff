# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the core's worker in whatever Python runs this script, or say why that Python cannot be used.

    python -I -u -X utf8 start_worker.py CORE_FOLDER [NUMPY_FOLDER]

Its first line shows that the program is a Python. Python 3.6 must be able to read this file, too, to say that it is too
old.
"""

import json
import sys
from typing import Any, Dict  # noqa: UP035 (see above)

OLDEST = (3, 11)


def main() -> int:
    """Run the worker; only the core can be imported from its folder."""
    core_folder, numpy_folders = sys.argv[1], sys.argv[2:]
    version = ".".join(str(part) for part in sys.version_info[:3])
    say({"event": "python", "version": version})
    if sys.version_info < OLDEST:
        wanted = ".".join(str(part) for part in OLDEST)
        message = f"This Python ({sys.executable}) has version {version}. InPose needs {wanted} or newer."
        say({"event": "error", "kind": "WorkerError", "message": message, "hint": "Choose another one.", "details": ""})
        return 1

    import runpy
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    sys.path.extend(numpy_folders)  # last: this Python's own packages fit it best
    spec = PathFinder.find_spec("inpose_core", [core_folder])
    if spec is None or spec.loader is None:
        message = f"The folder {core_folder} does not contain the solver."
        say({"event": "error", "kind": "WorkerError", "message": message, "hint": "Install the add-on again."})
        return 1
    sys.modules["inpose_core"] = core = module_from_spec(spec)
    spec.loader.exec_module(core)
    sys.argv[1:] = []
    runpy.run_module("inpose_core.worker", run_name="__main__", alter_sys=True)
    return 0


def say(message: Dict[str, Any]) -> None:  # noqa: UP006 (see above)
    """Print one message of the worker's protocol."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
