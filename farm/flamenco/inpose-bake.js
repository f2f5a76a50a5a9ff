// SPDX-License-Identifier: GPL-3.0-or-later
// Solve VR recordings and bake them on a rig, one task for each recording.
// Copy this file into the folder "scripts" beside flamenco-manager, and restart it. The workers need Blender with InPose.

const JOB_TYPE = {
    label: "InPose: Solve and Bake",
    description: "Full-body animation from VR recordings, one .blend for each recording",
    settings: [
        { key: "recordings", type: "string", required: true, propargs: { maxlen: 1048576 },
          description: "Paths of the recordings, separated by semicolons or line breaks" },
        { key: "rig", type: "string", subtype: "file_path", required: false, default: "",
          description: "The .blend file with the character; without one, InPose makes a stick figure" },
        { key: "armature", type: "string", required: false, default: "",
          description: "Name of the armature object, if the file has several" },
        { key: "output_folder", type: "string", subtype: "dir_path", required: true,
          description: "Folder of the baked .blend files" },
        { key: "options", type: "string", required: false, default: "",
          description: "More options as on InPose's command line, such as --performer-height 1.75" },
        { key: "skip_existing", type: "bool", required: true, default: true,
          description: "Leave out recordings that have been baked already" },
    ],
};

function compileJob(job) {
    const settings = job.settings;
    const recordings = pathsIn(settings.recordings);
    if (recordings.length === 0) {
        throw "There are no recordings: write their paths, separated by semicolons.";
    }
    const outputs = {};
    for (const recording of recordings) {
        const output = outputOf(recording, settings.output_folder);
        if (outputs[output.toLowerCase()]) {
            throw "Two recordings would be baked to " + output + ": give them different names.";
        }
        outputs[output.toLowerCase()] = true;
        const task = author.Task("bake " + stemOf(recording), "blender");
        task.addCommand(author.Command("exec", { exe: "{blender}", args: argumentsFor(recording, output, settings) }));
        job.addTask(task);
    }
}

function argumentsFor(recording, output, settings) {
    let args = ["--background", "--command", "inpose"];
    if (settings.rig) args = args.concat(["--blend", settings.rig]);
    if (settings.armature) args = args.concat(["--armature", settings.armature]);
    args = args.concat(["--recording", recording, "--output", output]);
    if (settings.skip_existing) args.push("--skip-existing");
    return args.concat(wordsOf(settings.options || ""));
}

function pathsIn(text) {
    return text.split(/[;\r\n]+/).map((path) => path.trim()).filter((path) => path.length > 0);
}

// Paths may come from Windows or from elsewhere, whatever the manager runs on.
function outputOf(recording, folder) {
    return folder.replace(/[\\/]+$/, "") + "/" + stemOf(recording) + ".blend";
}

function stemOf(path) {
    const name = path.split(/[\\/]/).pop();
    const dot = name.lastIndexOf(".");
    return dot > 0 ? name.slice(0, dot) : name;
}

// Split as a shell does: words in quotes stay together.
function wordsOf(text) {
    const words = [];
    const pattern = /"([^"]*)"|'([^']*)'|(\S+)/g;
    for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
        words.push(found[1] !== undefined ? found[1] : found[2] !== undefined ? found[2] : found[3]);
    }
    return words;
}
