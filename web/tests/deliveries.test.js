// SPDX-License-Identifier: Apache-2.0
/** Test how takes get to the computer over a network that fails: node --test */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Deliveries } from '../recorder/deliveries.js';
import { Recorder } from '../recorder/recorder.js';

/** A connection that can be cut; `works` says whether a whole take gets through. */
function connection({ works = true, connected = true } = {}) {
  const live = { connected, works, connection: 1, lines: [], wholes: [], streams: false };
  live.send = (lines) => {
    if (live.connected) live.lines.push(...lines);
    return live.connected;
  };
  live.sendWhole = async (text) => {
    if (live.works) live.wholes.push(text);
    return live.works;
  };
  return live;
}

const there = [];
const store = { text: async (id) => `take ${id}`, arrived: async (id) => there.push(id) };

function deliveries(live) {
  const said = [];
  return { made: new Deliveries(store, () => live, (text) => said.push(text), 20), said };
}

test('a take of which the computer has all frames is not sent again', async () => {
  const live = connection();
  const { made, said } = deliveries(live);
  const ended = made.ended(7, 1, 90);
  made.arrived({ take: 1, frames: 90 });
  await ended;
  await made.again();
  assert.deepEqual(live.wholes, []);
  assert.deepEqual(said, ['Take 1 is on the computer']);
});

test('a take with a hole is sent as a whole', async () => {
  const live = connection();
  const { made, said } = deliveries(live);
  const ended = made.ended(7, 1, 90);
  made.arrived({ take: 1, frames: 70 });
  await ended;
  assert.deepEqual(live.wholes, ['take 7']);
  assert.deepEqual(said, ['Take 1 is on the computer']);
});

test('a take whose end was lost is sent as a whole', async () => {
  const live = connection();
  const { made } = deliveries(live);
  await made.ended(7, 1, 90);
  assert.deepEqual(live.wholes, ['take 7']);
});

test('takes that end without a network are sent when it is back', async () => {
  const live = connection({ works: false, connected: false });
  const { made, said } = deliveries(live);
  await made.ended(7, 1, 90);
  await made.ended(8, 2, 50);
  assert.match(said[1], /Take 2 is on this headset only/);
  live.works = true;
  await made.again();
  assert.deepEqual(live.wholes, ['take 7', 'take 8']);
  assert.equal(made.open.size, 0);
});

test('a page that was closed sends what is missing when it is opened again', async () => {
  const live = connection();
  const kept = [{ id: 3, take: 1, frames: 0, page: 'here' }, { id: 4, take: 2, frames: 50, page: 'here' }];
  const said = [];
  const missing = async (page) => kept.filter((take) => take.page === page);
  const made = new Deliveries({ ...store, missing }, () => live, (text) => said.push(text), 20);
  await made.resume('elsewhere');
  assert.deepEqual(live.wholes, []);
  await made.resume('here');
  assert.deepEqual(live.wholes, ['take 3', 'take 4']);
  assert.deepEqual(there.slice(-2), [3, 4]);
  assert.equal(said.at(-1), 'Take 2 is on the computer');
});

test('a page from elsewhere sends nothing', async () => {
  const { made, said } = deliveries(null);
  await made.ended(7, 1, 90);
  assert.equal(made.open.size, 0);
  assert.deepEqual(said, []);
});

const seen = { transform: { position: { x: 0, y: 1.6, z: 0 }, orientation: { x: 0, y: 0, z: 0, w: 1 } } };
const frame = { getViewerPose: () => seen, getPose: () => seen };
const controller = { handedness: 'left', targetRayMode: 'tracked-pointer', gripSpace: 'grip', profiles: [] };

function recorderOf(live, stored, ended, { isStored = true, said = [] } = {}) {
  return new Recorder({
    live: () => live,
    settings: { countInS: 0, tPose: false },
    nextTake: 4,
    about: () => ({ userAgent: '', referenceSpace: 'local-floor', frameRate: 90, guessed: [] }),
    sounds: { count() {}, go() {}, stop() {} },
    onState: (name) => said.push(name),
    store: { begin: async () => 7, append: async (_, lines) => stored.push(...lines), finish: async () => isStored },
    deliveries: { ended: async (...take) => ended.push(take) > 0 },
  });
}

const soon = () => new Promise((done) => { setTimeout(done, 5); });

test('a headset that falls asleep leaves nothing unsaved, and says that it sleeps', async () => {
  const live = connection();
  live.streams = true;
  const stored = [];
  const recorder = recorderOf(live, stored, []);
  recorder.frame(frame, 'space', 0, [controller]);
  recorder.note('hidden', 10);
  assert.equal(live.lines.at(-1), '{"event":"hidden","at":10}');
  recorder.ask('start');
  for (let ms = 20; ms < 500; ms += 10) recorder.frame(frame, 'space', ms, [controller]);
  recorder.note('hidden', 500);
  await soon();
  assert.match(stored.at(-1), /^{"event":"hidden"/);
  assert.equal(stored.filter((line) => line.startsWith('[')).length, recorder.take.frames);
});

test('VR that ends within a take ends the take, and is told', async () => {
  const live = connection();
  live.streams = true;
  const ended = [];
  const recorder = recorderOf(live, [], ended);
  recorder.ask('start');
  for (let ms = 0; ms < 100; ms += 10) recorder.frame(frame, 'space', ms, [controller]);
  await recorder.end(100);
  assert.deepEqual(live.lines.slice(-2).map((line) => JSON.parse(line).event), ['end', 'vr_ended']);
  assert.equal(ended.length, 1);
});

test('a take that the headset cannot store is told, and still goes to the computer', async () => {
  const ended = [];
  const said = [];
  const recorder = recorderOf(connection(), [], ended, { isStored: false, said });
  recorder.ask('start');
  for (let ms = 0; ms < 100; ms += 10) recorder.frame(frame, 'space', ms, [controller]);
  recorder.ask('stop');
  recorder.frame(frame, 'space', 110, [controller]);
  assert.equal(recorder.done.isStored, null);
  await soon();
  assert.equal(ended.length, 1);
  assert.ok(said.includes('held') && !said.includes('saved'));
  assert.deepEqual([recorder.done.isStored, recorder.done.isThere], [false, true]);
});

test('a new connection hears which take goes on, and the store has all of it', async () => {
  const live = connection();
  const stored = [];
  const ended = [];
  const recorder = recorderOf(live, stored, ended);
  const frames = (fromMs, toMs) => {
    for (let ms = fromMs; ms < toMs; ms += 10) recorder.frame(frame, 'space', ms, [controller]);
  };
  recorder.ask('start');
  frames(0, 1000);
  live.connected = false;
  frames(1000, 2000);
  Object.assign(live, { connected: true, connection: 2 });
  frames(2000, 3000);
  recorder.ask('stop');
  frames(3000, 3010);
  await soon();
  const kind = (line) => (line.startsWith('[') ? 'frame' : Object.keys(JSON.parse(line))[0]);
  const heads = live.lines.map(kind).filter((each) => each !== 'frame');
  assert.deepEqual(heads, ['format', 'input', 'format', 'input', 'event']);
  const count = (lines) => lines.filter((line) => kind(line) === 'frame').length;
  assert.deepEqual(ended, [[7, 4, count(stored)]]);
  assert.ok(count(live.lines) > 190 && count(live.lines) < 210);
  assert.ok(count(stored) > 295);
  assert.deepEqual(stored.map(kind).filter((each) => each !== 'frame'), ['format', 'input', 'event']);
});
