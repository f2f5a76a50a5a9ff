# SPDX-License-Identifier: GPL-3.0-or-later
"""Solve and bake from the command line; this file is a script.

With a rig file open in Blender, or with the bpy wheel; without any rig a stick figure is animated:

    blender -b rig.blend --python inpose_blender/headless.py -- --recording take.bsor --output take.blend
    python inpose_blender/headless.py --blend rig.blend --recording takes/ --output baked/
"""

from __future__ import annotations

import sys
from pathlib import Path


def run() -> int:
    """Run the command line after ``--`` (in Blender) or all of it, and return the exit code."""
    from inpose_core.system.process import signals_wait

    if "--" in sys.argv:
        arguments = sys.argv[sys.argv.index("--") + 1 :]
    else:
        in_blender = Path(sys.argv[0]).stem.lower().startswith("blender")
        arguments = [] if in_blender else sys.argv[1:]
    try:
        with signals_wait():
            from inpose_blender.batch import main
    except ImportError as error:
        print(f"inpose: this needs Blender, or the bpy package of Python ({error})", file=sys.stderr)
        return 2
    return main(arguments)


if __name__ == "__main__":
    # The folder above holds both packages; the script's own folder would shadow modules with ours.
    sys.path[0:0] = [str(Path(__file__).resolve().parents[1])]
    from inpose_core.system.process import INTERRUPTED_CODE, STOPPED_CODE, StoppedError, stop_by_unwinding

    code = STOPPED_CODE
    try:
        # From before Blender makes its temporary folder until it has removed it.
        with stop_by_unwinding(then_ends=True):
            code = run()
    except StoppedError:
        print("inpose: Stopped.", file=sys.stderr)
    except KeyboardInterrupt:
        print("inpose: Interrupted.", file=sys.stderr)
        code = INTERRUPTED_CODE
    except Exception:  # Blender ends with 0 after an exception in a script
        import traceback

        traceback.print_exc()
        code = 1
    if "bpy" in sys.modules:
        from inpose_blender.bpy_compat import end_old_wheel

        end_old_wheel(code)
    sys.exit(code)
