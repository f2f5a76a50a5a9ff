// SPDX-License-Identifier: Apache-2.0
/**
 * Write a take as text, one JSON value a line, so that a file that was cut off can still be read.
 *
 * The reader is inpose_core/recording/formats/webxr_recorder.py; its docstring describes the format.
 */

export const FORMAT = 'InPose WebXR recording';
export const VERSION = 1;
const PER_METRE = 1e4;
const PER_UNIT = 1e5;
const PERCENT = 100;

/**
 * Return the first line of a file.
 * @param {{take: number, startedAt: Date, userAgent: string, referenceSpace: string, frameRate: number,
 *   guessed: string[]}} about
 */
export function headerLine(about) {
  return JSON.stringify({
    format: FORMAT,
    version: VERSION,
    take: about.take,
    started: about.startedAt.toISOString(),
    user_agent: about.userAgent.slice(0, 300),
    reference_space: about.referenceSpace,
    frame_rate: Math.round(about.frameRate),
    guessed: about.guessed,
  });
}

/** Return the line with which moments begin that belong to no take: times count from the first of them. */
export function streamLine(about) {
  return JSON.stringify({ stream: 1, reference_space: about.referenceSpace });
}

/**
 * Return the line of one moment.
 * @param {import('./sample.js').Sample} sample
 * @param {number} startMs the time of the take's first frame, on the clock of the sample
 */
export function frameLine(sample, startMs) {
  const line = [Math.round(10 * (sample.timeMs - startMs)) / 10, poseNumbers(sample.head)];
  for (const hand of [sample.left, sample.right]) {
    line.push(hand ? [hand.input, ...poseNumbers(hand), ...hand.buttons.map((value) => Math.round(PERCENT * value))] : 0);
  }
  const fingers = [sample.left, sample.right].map((hand) => (hand && hand.joints ? packedJoints(hand.joints) : 0));
  const body = Object.entries(sample.body).map(([name, pose]) => [name, ...poseNumbers(pose)]);
  if (fingers.some(Boolean) || body.length) line.push(fingers);
  if (body.length) line.push(body);
  return JSON.stringify(line);
}

/** Return the line that says which device an input is. */
export function inputLine(input, atMs) {
  return JSON.stringify({
    input: input.number,
    at: Math.round(atMs),
    hand: input.handedness,
    bare: input.bare,
    pose: input.pose,
    profiles: input.profiles.slice(0, 8).map((profile) => String(profile).slice(0, 64)),
  });
}

/** Return the line of something that happened: 't_pose', 'hidden', 'visible', 'recentred', 'end', 'vr_ended'. */
export function eventLine(name, atMs, more = {}) {
  return JSON.stringify({ event: name, at: Math.round(atMs), ...more });
}

/** Return [emulated, x, y, z, qx, qy, qz, qw] as integers: tenths of a millimetre, and 1e-5 for the quaternion. */
function poseNumbers(pose) {
  if (!pose) return 0;
  return [
    pose.emulated ? 1 : 0,
    ...pose.position.map((value) => Math.round(PER_METRE * value)),
    ...pose.rotation.map((value) => Math.round(PER_UNIT * value)),
  ];
}

/** Return joint places about the wrist (24 times 3, metres) as Base64 of 16-bit integers, tenths of a millimetre. */
function packedJoints(joints) {
  const whole = new Int16Array(joints.length);
  joints.forEach((value, index) => {
    whole[index] = Math.max(-32767, Math.min(32767, Math.round(PER_METRE * value)));
  });
  return btoa(String.fromCharCode(...new Uint8Array(whole.buffer)));
}
