// SPDX-License-Identifier: Apache-2.0
/** Say in the headset what happens and what to do. */

const COLOURS = { ready: '#59b3ff', counting: '#ffd34d', posing: '#59b3ff', recording: '#ff4d4d', reviewing: '#5fd068' };

/** Return what the panel shows. */
export function panelOf(recorder, nowMs) {
  const { flow } = recorder;
  const { title, text, bar } = WORDS[flow.name](recorder, nowMs);
  return { title, text, bar: bar || 0, colour: COLOURS[flow.name] };
}

const WORDS = {
  ready: ({ nextTake }) => ({
    title: `Take ${nextTake}`,
    text: 'Press a trigger, or pinch,\nto start the countdown.',
  }),
  counting: ({ flow }, nowMs) => ({ title: String(flow.secondsLeft(nowMs)), text: 'Get ready.' }),
  posing: ({ pose }) => ({
    title: 'T-pose',
    text: `Stand upright. Stretch your arms to the sides.\n${pose.hint}\n(Press a trigger to skip.)`,
    bar: pose.held,
  }),
  recording: ({ flow }, nowMs) => ({
    title: `Recording  ${clock(nowMs - flow.sinceMs)}`,
    text: 'To stop, hold both triggers\n(or pinch with both hands) for a second.',
  }),
  reviewing: ({ done }) => ({
    title: done ? `Take ${done.number}: ${clock(1000 * done.seconds)}` : 'Saved',
    text: `${outcome(done)}\nPress a trigger to go on.`,
  }),
};

/** Say where a take is that has just ended. */
function outcome(done) {
  if (!done || done.isStored) return 'The take is saved.';
  if (done.isStored === null) return 'Saving the take.';
  const refused = 'This headset could not store the take.';
  if (done.isThere) return `${refused}\nIt is on the computer.`;
  return `${refused}\nKeep the page open, and download or share the take there.`;
}

function clock(ms) {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
