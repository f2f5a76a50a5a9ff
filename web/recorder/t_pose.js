// SPDX-License-Identifier: Apache-2.0
/** Say whether a performer holds a T-pose, from head and hands alone, and what is missing. */

import { headingOf, turned } from './rotations.js';

const HOLD_MS = 1000;
const STILL_M = 0.03;
/** Shoulders are this far below the eyes, in shares of the height of the eyes. */
const SHOULDERS_BELOW = 0.13;
const HIGH_OR_LOW = 0.12;
/** A hand of a stretched arm is at least this far to the side, in shares of the height of the eyes. */
const ARM_OUT = 0.36;
const FORWARD = 0.2;

/**
 * Collects moments until a T-pose was held.
 *
 * `add` returns {held: 0..1, hint: what to do next, since: the time from which it is held}.
 */
export class TPoseGuide {
  constructor() {
    this.since = null;
    this.places = null;
  }

  add(sample) {
    const hint = missing(sample);
    if (hint) {
      this.since = null;
      return { held: 0, hint, since: null };
    }
    const places = [sample.left.position, sample.right.position];
    if (this.since === null || moved(this.places, places) > STILL_M) {
      this.since = sample.timeMs;
      this.places = places;
    }
    const held = Math.min(1, (sample.timeMs - this.since) / HOLD_MS);
    return { held, hint: held < 1 ? 'Hold still' : 'Good', since: this.since };
  }
}

function missing({ head, left, right }) {
  if (!left || !right) return `I cannot see your ${left ? 'right' : right ? 'left' : ''} hand`.replace('  hand', ' hands');
  const height = head.position[1];
  const back = -headingOf(head.rotation);
  const about = [left, right].map((hand) => turned(back, hand.position.map((value, axis) => value - head.position[axis])));
  const names = ['left', 'right'];
  const sideways = [-about[0][0], about[1][0]];
  for (const [index, name] of names.entries()) {
    const above = about[index][1] + SHOULDERS_BELOW * height;
    if (sideways[index] < ARM_OUT * height) return `Stretch your ${name} arm to the side`;
    if (above < -HIGH_OR_LOW * height) return `Raise your ${name} arm`;
    if (above > HIGH_OR_LOW * height) return `Lower your ${name} arm`;
    if (Math.abs(about[index][2]) > FORWARD * height) return `Move your ${name} hand ${about[index][2] < 0 ? 'back' : 'forward'}`;
  }
  return '';
}

function moved(before, now) {
  return Math.max(...before.map((place, hand) => Math.hypot(...place.map((value, axis) => value - now[hand][axis]))));
}
