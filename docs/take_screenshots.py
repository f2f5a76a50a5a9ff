# SPDX-License-Identifier: Apache-2.0
"""Take the screenshots of the docs anew: the test of the window drives Blender, here its pictures are cropped."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
WORKPLACE = (0, 0, 1322, 900)
"""The 3D View with the sidebar and the timeline, without the outliner and the properties."""
WHOLE = (0, 0, 1600, 900)
CHARACTER = (330, 100, 1030, 800)
"""The middle of the 3D View."""
PICTURES = {
    "1_panel": ("window_start", WORKPLACE),
    "2_recording": ("window_recording", WORKPLACE),
    "2_recording_shown": ("window_shown", WORKPLACE),
    "4_solving": ("window_solving", WORKPLACE),
    "5_wave": ("window_solved", WORKPLACE),
    "7_search": ("window_search", WHOLE),
    "8_preferences": ("window_preferences", WHOLE),
    "v6_solved": ("window_timeline", WORKPLACE),
    "p1_squat": ("pins_before", WORKPLACE),
    "p2_pinned": ("pins_handles", WORKPLACE),
    "p3_lunge": ("pins_after", WORKPLACE),
    "c2_guessed": ("window_columns", WORKPLACE),
    "k1_baked_335": ("window_controls", WORKPLACE),
    "t4_row": ("takes_row", WORKPLACE),
    "t6_missing": ("takes_missing", WORKPLACE),
    "l5_following_1": ("live_following", WORKPLACE),
    "c3_following": ("live_page", WORKPLACE),
    "vrm/u9_list": ("window_cleanup", WORKPLACE),
    "vrm/u7_arms_before": ("cleanup_before", CHARACTER),
    "vrm/u7_arms_after": ("cleanup_after", CHARACTER),
}
WIDTH = 1100
COLOURS = 256


def main() -> int:
    """Drive the newest Blender at hand and keep what the docs show."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pytest", "tests/gui", "-rs", *sys.argv[1:]]
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, "INPOSE_SCREENSHOTS": folder}, check=False)
        taken = sorted(path for path in Path(folder).iterdir() if (path / "report.json").exists())
        if done.returncode or not taken:
            return done.returncode or 1
        for name, (target, box) in PICTURES.items():
            picture = Image.open(taken[-1] / f"{name}.png").convert("RGB").crop(box)
            width = min(WIDTH, picture.width)
            picture = picture.resize((width, round(width * picture.height / picture.width)), Image.Resampling.LANCZOS)
            # k-means keeps rare colours, such as the orange of the devices.
            picture = picture.quantize(COLOURS, kmeans=4, dither=Image.Dither.NONE)
            picture.save(IMAGES / f"{target}.png", optimize=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
