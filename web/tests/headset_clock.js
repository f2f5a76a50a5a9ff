// SPDX-License-Identifier: Apache-2.0
/**
 * Give frames as a headset does: 72 to 120 times a second. Chromium without a headset draws 60 times a second, and IWER
 * asks it for its frames; so this stands in for `requestAnimationFrame` before IWER is loaded.
 *
 * In real time, a frame that is not done when the next one is due is lost, as in a headset. Otherwise one frame follows
 * the other as fast as the page works, and only the time that it is told goes on: twenty minutes pass in two.
 *
 * As in a headset, the time of a frame is the one for which it is due, whenever the page gets to it.
 */
(() => {
  const { rate, realTime } = window.chosenClock;
  const periodMs = 1000 / rate;
  const clock = { rate, running: true, frames: 0, lost: 0, workMs: [] };
  window.headsetClock = clock;
  const now = performance.now.bind(performance);
  let toldMs = null;
  performance.now = () => toldMs ?? now(); // IWER takes the time of a frame from here
  let waiting = new Map();
  let handles = 0;
  window.requestAnimationFrame = (callback) => {
    handles += 1;
    waiting.set(handles, callback);
    return handles;
  };
  window.cancelAnimationFrame = (handle) => waiting.delete(handle);

  const channel = new MessageChannel();
  const soon = () => channel.port2.postMessage(0); // a timer would wait for four milliseconds
  let dueMs = now();
  const work = () => {
    const began = now();
    const callbacks = waiting;
    waiting = new Map();
    toldMs = dueMs;
    for (const callback of callbacks.values()) callback(dueMs);
    toldMs = null;
    clock.frames += 1;
    clock.workMs.push(now() - began);
  };
  channel.port1.onmessage = async () => {
    if (realTime) {
      const late = now() - dueMs;
      if (late < -5) {
        setTimeout(soon, 1);
        return;
      }
      if (late >= 0) {
        const missed = Math.floor(late / periodMs);
        clock.lost += missed;
        dueMs += missed * periodMs;
        work();
        dueMs += periodMs;
      }
    } else if (clock.running) {
      work();
      dueMs += periodMs;
      // The database and the network have as much to do as in twenty minutes: they get their turn.
      if (clock.frames % rate === 0 && clock.everySecond) await clock.everySecond();
    } else {
      setTimeout(soon, 5);
      return;
    }
    soon();
  };
  soon();
})();
