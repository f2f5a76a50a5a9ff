// SPDX-License-Identifier: Apache-2.0
/**
 * Act in an emulated headset, within the page: a T-pose, then waving arms and a turning head.
 *
 * The driver puts this file into the page after IWER. `window.truth` collects what was acted, by time.
 */
(() => {
  const rates = window.headsetClock ? [window.headsetClock.rate] : IWER.metaQuest3.supportedFrameRates;
  const device = new IWER.XRDevice({ ...IWER.metaQuest3, supportedFrameRates: rates });
  device.installRuntime({ forceInstall: true });
  device.stereoEnabled = false;
  const acted = { device, acts: true, startMs: null, nowMs: performance.now(), truth: [] };
  window.acted = acted;
  const { right } = device.controllers;

  // IWER calls each position emulated; here only those are that the test asks for.
  acted.emulated = false;
  const { getPose } = XRFrame.prototype;
  XRFrame.prototype.getPose = function measuredPose(...spaces) {
    const pose = getPose.apply(this, spaces);
    return pose && { transform: pose.transform, emulatedPosition: acted.emulated };
  };

  acted.press = (hand, down) => device.controllers[hand].updateButtonValue('trigger', down ? 1 : 0);
  acted.wave = () => { acted.startMs = acted.nowMs; };
  // A headset that sleeps gives no frames to the page.
  acted.asleep = false;
  const requestFrame = XRSession.prototype.requestAnimationFrame;
  XRSession.prototype.requestAnimationFrame = function frameIfAwake(callback) {
    return requestFrame.call(this, (timeMs, frame) => (
      acted.asleep ? this.requestAnimationFrame(callback) : callback(timeMs, frame)));
  };
  acted.sleep = (asleep) => {
    acted.asleep = asleep;
    device.updateVisibilityState(asleep ? 'hidden' : 'visible');
  };
  acted.useHands = (bare) => { device.primaryInputMode = bare ? 'hand' : 'controller'; };
  const about = (axis, angle) => [0, 1, 2].map((each) => (each === axis ? Math.sin(angle / 2) : 0)).concat(Math.cos(angle / 2));
  const times = ([a, b, c, d], [e, f, g, h]) => [
    d * e + a * h + b * g - c * f, d * f - a * g + b * h + c * e, d * g + a * f - b * e + c * h, d * h - a * e - b * f - c * g,
  ];
  // A controller in a stretched arm with the palm down: it points to the side, and its grip lies level.
  const level = (sign) => times(about(1, (-sign * Math.PI) / 2), about(2, (sign * Math.PI) / 2));
  acted.place = (nowMs) => {
    const t = acted.startMs === null ? 0 : (nowMs - acted.startMs) / 1000;
    const swing = acted.startMs === null ? 0 : 0.5 - 0.5 * Math.cos(2 * t);
    device.position.set(0.02 * Math.sin(t), 1.62, 0);
    device.quaternion.set(...about(1, 0.2 * Math.sin(t)));
    for (const [hand, sign] of [['left', -1], ['right', 1]]) {
      const angle = sign * 1.2 * swing;
      for (const held of [device.controllers[hand], device.hands[hand]]) {
        held.position.set(sign * (0.17 + 0.58 * Math.cos(angle)), 1.38 + 0.58 * Math.sin(angle), -0.02);
        held.quaternion.set(...times(about(2, sign * angle), level(sign)));
      }
    }
  };
  const step = (nowMs) => {
    acted.nowMs = nowMs;
    if (acted.acts) acted.place(nowMs);
    if (acted.startMs !== null && acted.truth.length < 20000) {
      acted.truth.push([nowMs, right.position.x, right.position.y, right.position.z]);
    }
    window.requestAnimationFrame(step);
  };
  acted.place(0);
  window.requestAnimationFrame(step);
})();
