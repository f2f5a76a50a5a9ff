# SPDX-License-Identifier: GPL-3.0-or-later
"""Compile jobs with the Flamenco job type under Node, against a stand-in of Flamenco's API."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / "farm" / "flamenco" / "inpose-bake.js"
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node, which runs Flamenco's job types")

# Flamenco evaluates the script in a machine that has these names and no others.
STAND_IN = """
const vm = require("vm"), fs = require("fs");
const tasks = [];
const author = {
  Task: (name, type) => ({ name, type, commands: [], addCommand(command) { this.commands.push(command); } }),
  Command: (name, parameters) => ({ name, parameters }),
};
const machine = vm.createContext({ author, print() {} });
vm.runInContext(fs.readFileSync(process.argv[1], "utf8") + "\\nthis.JOB_TYPE = JOB_TYPE;", machine);
const job = { settings: JSON.parse(process.argv[2]), addTask: (task) => tasks.push(task) };
let refused = null;
try { machine.compileJob(job); } catch (error) { refused = String(error); }
console.log(JSON.stringify({ tasks, refused, type: machine.JOB_TYPE }));
"""
SETTINGS = {"recordings": "", "rig": "", "armature": "", "output_folder": "/out", "options": "", "skip_existing": True}


def compiled(**settings: Any) -> dict[str, Any]:
    command = [str(NODE), "-e", STAND_IN, str(SCRIPT), json.dumps({**SETTINGS, **settings})]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    return dict(json.loads(done.stdout))


def test_each_recording_gets_a_task() -> None:
    found = compiled(
        recordings="/takes/a one.bsor; C:\\takes\\b.csv\n",
        rig="/rigs/anna.blend",
        armature="Anna",
        output_folder="/out/",
        options='--performer-height 1.7 --posture "standing"',
    )
    first, second = found["tasks"]
    assert (first["name"], first["type"]) == ("bake a one", "blender")
    (command,) = first["commands"]
    assert command["name"] == "exec"
    assert command["parameters"] == {
        "exe": "{blender}",
        "args": [
            *("--background", "--command", "inpose", "--blend", "/rigs/anna.blend", "--armature", "Anna"),
            *("--recording", "/takes/a one.bsor", "--output", "/out/a one.blend", "--skip-existing"),
            *("--performer-height", "1.7", "--posture", "standing"),
        ],
    }
    assert second["commands"][0]["parameters"]["args"][8:10] == ["C:\\takes\\b.csv", "--output"]


def test_without_a_rig_nothing_is_said_of_one() -> None:
    (task,) = compiled(recordings="a.bsor", skip_existing=False)["tasks"]
    arguments = task["commands"][0]["parameters"]["args"]
    assert arguments == ["--background", "--command", "inpose", "--recording", "a.bsor", "--output", "/out/a.blend"]


@pytest.mark.parametrize(("recordings", "words"), [(" ; ", "no recordings"), ("x/a.csv;y/A.bsor", "different names")])
def test_what_cannot_be_baked_is_refused(recordings: str, words: str) -> None:
    assert words in compiled(recordings=recordings)["refused"]


def test_every_setting_is_described_and_used() -> None:
    described = {setting["key"]: setting for setting in compiled(recordings="a")["type"]["settings"]}
    assert set(described) == set(SETTINGS)
    assert all(setting["description"] and setting["type"] in {"string", "bool"} for setting in described.values())
    source = SCRIPT.read_text(encoding="utf-8")
    assert all(f"settings.{key}" in source for key in described)
