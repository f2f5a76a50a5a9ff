// SPDX-License-Identifier: Apache-2.0
/**
 * Decide what happens next: ready -> counting -> posing -> recording -> reviewing -> ready. The computer also starts the
 * next take from the review.
 *
 * Recording begins with the T-pose, so that the pose is in the file.
 */

const STOP_HOLD_MS = 1000;

/** What a moment asks for. `held` tells which hands press now; `stop` and `start` come from the computer. */
export class TakeFlow {
  constructor({ countInS = 3, tPose = true } = {}) {
    this.settings = { countInS, tPose };
    this.name = 'ready';
    this.sinceMs = 0;
    this.bothSinceMs = null;
    this.wasPressed = false;
  }

  /** Return whether frames belong into the file now. */
  get records() {
    return this.name === 'posing' || this.name === 'recording';
  }

  /** Return the seconds that are left to count. */
  secondsLeft(nowMs) {
    return Math.max(0, Math.ceil(this.settings.countInS - (nowMs - this.sinceMs) / 1000));
  }

  /**
   * Go on.
   * @param {number} nowMs
   * @param {{left: boolean, right: boolean, start?: boolean, stop?: boolean}} asked
   * @param {{held: number}} pose what the T-pose guide says
   * @returns {string | null} the name of the state that has just begun
   */
  update(nowMs, asked, pose) {
    const both = asked.left && asked.right;
    this.bothSinceMs = both ? this.bothSinceMs ?? nowMs : null;
    const heldBoth = both && nowMs - this.bothSinceMs >= STOP_HOLD_MS;
    const pressed = asked.left || asked.right;
    const clicked = pressed && !this.wasPressed;
    this.wasPressed = pressed;
    switch (this.name) {
      case 'ready':
        return clicked || asked.start ? this.enter('counting', nowMs) : null;
      case 'counting':
        if (asked.stop) return this.enter('ready', nowMs);
        if (nowMs - this.sinceMs < 1000 * this.settings.countInS) return null;
        return this.enter(this.settings.tPose ? 'posing' : 'recording', nowMs);
      case 'posing':
        if (heldBoth || asked.stop) return this.enter('reviewing', nowMs);
        return pose.held >= 1 || clicked ? this.enter('recording', nowMs) : null;
      case 'recording':
        return heldBoth || asked.stop ? this.enter('reviewing', nowMs) : null;
      default:
        if (asked.start) return this.enter('counting', nowMs);
        // The press that stopped the take must not begin the next one.
        return clicked ? this.enter('ready', nowMs) : null;
    }
  }

  enter(name, nowMs) {
    this.name = name;
    this.sinceMs = nowMs;
    this.bothSinceMs = null;
    return name;
  }
}
