// SPDX-License-Identifier: Apache-2.0
/** Connect the page's buttons with the recorder and the list of takes. */

import { connectLive } from './live_socket.js';
import { Deliveries } from './deliveries.js';
import { openStore } from './take_store.js';
import { Recorder } from './recorder.js';
import { sessionKind, startSession } from './xr_session.js';
import { Sounds } from './sounds.js';

const shown = (id) => document.getElementById(id);
const STATES = {
  ready: 'Ready for the next take.',
  counting: 'Counting...',
  posing: 'Waiting for the T-pose.',
  recording: 'Recording.',
  reviewing: 'Saving the take.',
  saved: 'The take is saved.',
  held: 'This headset could not store the take. Keep this page open, and download or share the take.',
  ended: 'The session has ended.',
};

async function main() {
  const store = await openStore().catch(() => null);
  if (!store) {
    say('This browser cannot store takes. Leave private browsing, and reload the page.');
    return;
  }
  // Without this, a browser may delete takes when the headset's storage is full.
  if (navigator.storage && navigator.storage.persist) await navigator.storage.persist().catch(() => false);
  let recorder = null;
  let live = null;
  const onChange = (text) => { shown('connection').textContent = text; };
  const deliveries = new Deliveries(store, () => live, onChange);
  connectLive(window.location.href, {
    onChange,
    onCommand: (command) => recorder && recorder.ask(command),
    onArrived: (take) => deliveries.arrived(take),
    onOpen: () => (recorder ? deliveries.again() : deliveries.resume(window.location.href)),
  }).then((socket) => {
    live = socket;
    listTakes(store, live);
  });
  const kind = await sessionKind();
  const button = shown('start');
  button.disabled = !kind;
  if (!kind) {
    say(window.isSecureContext
      ? 'This browser has no VR. Open this page in the browser of your headset.'
      : 'The browser allows VR only on secure pages. Use the https address that InPose shows.');
  }
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      const takes = await store.list();
      const begun = await startSession(kind, (about) => new Recorder({
        store,
        live: () => live,
        deliveries,
        sounds: new Sounds(),
        settings: { countInS: Number(shown('count-in').value), tPose: shown('t-pose').checked },
        page: window.location.href,
        nextTake: 1 + Math.max(0, ...takes.map((take) => take.take)),
        about,
        onState: (name) => {
          say(STATES[name]);
          shown('stop').hidden = name === 'ended';
          if (name === 'saved' || name === 'held' || name === 'ended') listTakes(store, live);
        },
      }));
      recorder = begun.recorder;
      window.inposeRecorder = recorder;
      say(STATES.ready);
      begun.session.addEventListener('end', () => { button.disabled = false; });
    } catch (error) {
      say(`The headset did not start VR: ${error.message}`);
      button.disabled = false;
    }
  });
  window.addEventListener('pagehide', () => recorder && recorder.flush(performance.now()));
  window.addEventListener('beforeunload', (event) => { if (store.holds) event.preventDefault(); });
  shown('stop').addEventListener('click', () => recorder && recorder.ask('stop'));
  await listTakes(store, live);
}

function say(text) {
  shown('state').textContent = text;
}

async function listTakes(store, live) {
  const rows = (await store.list()).map((take) => row(store, live, take));
  shown('takes').replaceChildren(...rows);
  shown('no-takes').hidden = rows.length > 0;
}

function row(store, live, take) {
  const line = document.createElement('li');
  const name = fileName(take);
  const text = document.createElement('span');
  text.textContent = `Take ${take.take}, ${new Date(take.startedAt).toLocaleString()}` +
    (take.complete ? `, ${take.seconds.toFixed(1)} s` : ', not ended: the part until then is kept') +
    (take.isHeld ? '. It is not stored: download or share it before you close this page.' : '');
  line.append(text, action('Download', async () => download(await file(store, take), name)));
  const sample = new File([''], name, { type: 'text/plain' });
  if (navigator.canShare && navigator.canShare({ files: [sample] })) {
    line.append(action('Share', async () => navigator.share({ files: [await file(store, take)], title: name })));
  }
  if (live) {
    line.append(action('Send', async () => {
      const isThere = await live.sendWhole(await store.text(take.id));
      say(isThere ? `Take ${take.take} is on the computer.` : 'The computer does not answer. The take is on this headset only.');
    }));
  }
  line.append(action('Delete', async () => {
    if (window.confirm(`Delete take ${take.take}?`)) {
      await store.remove(take.id);
      await listTakes(store, live);
    }
  }));
  return line;
}

async function file(store, take) {
  return new File([await store.text(take.id)], fileName(take), { type: 'text/plain' });
}

function fileName(take) {
  const day = take.startedAt.slice(0, 16).replace('T', '_').replace(':', '');
  return `take_${String(take.take).padStart(3, '0')}_${day}.jsonl`;
}

function download(made, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(made);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

function action(label, act) {
  const button = document.createElement('button');
  button.textContent = label;
  button.addEventListener('click', () => act().catch((error) => {
    if (error.name !== 'AbortError') say(error.message); // the user has closed the share sheet
  }));
  return button;
}

main();
