// SPDX-License-Identifier: Apache-2.0
/**
 * Read one moment of a WebXR session: the headset, two hands or controllers, and what else the headset tracks.
 *
 * @typedef {{position: number[], rotation: number[], emulated: boolean}} Pose metres, xyzw
 * @typedef {Pose & {input: number, buttons: number[], joints: number[] | null}} Hand
 * @typedef {{timeMs: number, head: Pose, left: Hand | null, right: Hand | null, body: Object<string, Pose>}} Sample
 */

import { conjugate, rotate } from './rotations.js';

/** The joints of a hand that are written, in the order of the WebXR Hand Input specification without the wrist. */
export const HAND_JOINTS = [
  'thumb-metacarpal', 'thumb-phalanx-proximal', 'thumb-phalanx-distal', 'thumb-tip',
  ...['index', 'middle', 'ring', 'pinky'].flatMap((finger) => [
    `${finger}-finger-metacarpal`, `${finger}-finger-phalanx-proximal`, `${finger}-finger-phalanx-intermediate`,
    `${finger}-finger-phalanx-distal`, `${finger}-finger-tip`,
  ]),
];

/** What is written of a body that the headset tracks, and the names in WebXR's body tracking. */
const BODY_JOINTS = {
  hips: 'hips',
  chest: 'chest',
  left_foot: 'left-foot-ankle',
  right_foot: 'right-foot-ankle',
};

/** Fingers move slowly enough for thirty poses a second, and a file of a long take stays small. */
const FINGER_STEP_MS = 1000 / 31;

/** Keeps the numbers of inputs: a controller that reconnects, or a hand that replaces it, gets a new number. */
export class InputNumbers {
  constructor() {
    this.known = [];
    this.next = 0;
  }

  /** Forget the inputs that are gone: bare hands may come and go hundreds of times in a session. */
  keep(sources) {
    const here = new Set(sources);
    this.known = this.known.filter((each) => here.has(each.source));
  }

  /** Return the number of an input source, and the description of the input if it is new. */
  of(source) {
    const known = this.known.find((each) => each.source === source);
    if (known) return { number: known.number, added: null };
    const bare = Boolean(source.hand);
    const input = {
      number: this.next,
      source,
      handedness: source.handedness,
      bare,
      pose: source.gripSpace ? 'grip' : bare ? 'wrist' : 'aim',
      profiles: [...(source.profiles || [])],
    };
    this.next += 1;
    this.known.push(input);
    return { number: input.number, added: input };
  }
}

/**
 * Read a frame.
 * @returns {{sample: Sample | null, added: object[]}} null if the headset has no pose
 */
export class Sampler {
  constructor() {
    this.numbers = new InputNumbers();
    this.fingersAtMs = -Infinity;
  }

  /** The inputs that are there now. */
  get inputs() {
    return this.numbers.known;
  }

  read(frame, space, timeMs, sources) {
    this.numbers.keep(sources);
    const viewer = frame.getViewerPose(space);
    const added = [];
    if (!viewer) return { sample: null, added };
    const sample = { timeMs, head: poseOf(viewer), left: null, right: null, body: bodyOf(frame, space) };
    const withFingers = timeMs - this.fingersAtMs >= FINGER_STEP_MS;
    for (const source of sources) {
      if (source.handedness !== 'left' && source.handedness !== 'right') continue;
      if (source.targetRayMode === 'transient-pointer') continue; // a gaze with a pinch: not a hand's pose
      const { number, added: input } = this.numbers.of(source);
      if (input) added.push(input);
      const hand = handOf(frame, space, source, number, withFingers);
      if (hand && (!sample[source.handedness] || !source.hand)) sample[source.handedness] = hand;
    }
    if (withFingers && [sample.left, sample.right].some((hand) => hand && hand.joints)) this.fingersAtMs = timeMs;
    return { sample, added };
  }
}

function handOf(frame, space, source, number, withFingers) {
  const wrist = source.hand ? frame.getJointPose(source.hand.get('wrist'), space) : null;
  const place = source.gripSpace || (source.hand ? null : source.targetRaySpace);
  const pose = place ? frame.getPose(place, space) : wrist;
  if (!pose) return null;
  return {
    ...poseOf(pose),
    input: number,
    buttons: buttonsOf(source.gamepad),
    joints: withFingers && wrist ? jointsAbout(frame, space, source.hand, wrist) : null,
  };
}

/** Return trigger, grip and thumb from 0 to 1, as the "xr-standard" mapping has them. */
function buttonsOf(gamepad) {
  const value = (index) => (gamepad && gamepad.buttons[index] ? gamepad.buttons[index].value : 0);
  const touched = gamepad && gamepad.buttons.slice(2).some((button) => button && button.touched);
  return [value(0), value(1), touched ? 1 : 0];
}

function jointsAbout(frame, space, hand, wrist) {
  const back = conjugate(numbers(wrist.transform.orientation, 'xyzw'));
  const origin = numbers(wrist.transform.position, 'xyz');
  const found = [];
  for (const name of HAND_JOINTS) {
    const joint = frame.getJointPose(hand.get(name), space);
    if (!joint) return null;
    const place = numbers(joint.transform.position, 'xyz');
    found.push(...rotate(back, place.map((value, axis) => value - origin[axis])));
  }
  return found;
}

function bodyOf(frame, space) {
  const found = {};
  if (!frame.body) return found;
  for (const [name, joint] of Object.entries(BODY_JOINTS)) {
    const place = frame.body.get ? frame.body.get(joint) : null;
    const pose = place ? frame.getPose(place, space) : null;
    if (pose) found[name] = poseOf(pose);
  }
  return found;
}

function poseOf(pose) {
  return {
    position: numbers(pose.transform.position, 'xyz'),
    rotation: numbers(pose.transform.orientation, 'xyzw'),
    emulated: Boolean(pose.emulatedPosition),
  };
}

function numbers(point, axes) {
  return [...axes].map((axis) => point[axis]);
}
