// SPDX-License-Identifier: Apache-2.0
/** Test the page's modules that need no browser: node --test */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventLine, frameLine, headerLine, inputLine } from '../recorder/take_file.js';
import { conjugate, headingOf, rotate, turned } from '../recorder/rotations.js';
import { HAND_JOINTS, Sampler } from '../recorder/sample.js';
import { Recorder } from '../recorder/recorder.js';
import { TakeFlow } from '../recorder/take_flow.js';
import { movedBy } from '../recorder/xr_session.js';
import { TPoseGuide } from '../recorder/t_pose.js';

const pose = (x, y, z, rotation = [0, 0, 0, 1]) => ({ position: [x, y, z], rotation, emulated: false });
const hand = (x, y, z, more = {}) => ({ ...pose(x, y, z), input: 0, buttons: [0, 0, 0], joints: null, ...more });
const moment = (timeMs, left, right, head = pose(0, 1.6, 0)) => ({ timeMs, head, left, right, body: {} });
const near = (found, wanted) => found.forEach((value, index) => assert.ok(Math.abs(value - wanted[index]) < 1e-12, `${found}`));

test('a frame is a line of integers, and what is not there is 0', () => {
  const sample = moment(1012.34, hand(-0.7, 1.4, 0.00012, { buttons: [1, 0.5, 0] }), null);
  assert.deepEqual(JSON.parse(frameLine(sample, 1000)), [
    12.3, [0, 0, 16000, 0, 0, 0, 0, 100000], [0, 0, -7000, 14000, 1, 0, 0, 0, 100000, 100, 50, 0], 0,
  ]);
});

test('fingers are 16-bit integers in Base64, tenths of a millimetre', () => {
  const joints = Array.from({ length: 72 }, (_, index) => (index - 36) / 1000);
  const line = JSON.parse(frameLine(moment(0, null, hand(0, 1, 0, { joints })), 0));
  assert.equal(line[4][0], 0);
  const bytes = Buffer.from(line[4][1], 'base64');
  const found = Array.from({ length: 72 }, (_, index) => bytes.readInt16LE(2 * index) / 1e4);
  near(found, joints);
});

test('far joints stay numbers', () => {
  const line = JSON.parse(frameLine(moment(0, null, hand(0, 1, 0, { joints: [99, -99, 0] })), 0));
  assert.equal(Buffer.from(line[4][1], 'base64').readInt16LE(0), 32767);
});

test('a tracked body follows the fingers', () => {
  const line = JSON.parse(frameLine({ ...moment(0, null, null), body: { hips: pose(0, 0.9, 0) } }, 0));
  assert.deepEqual(line.slice(4), [[0, 0], [['hips', 0, 0, 9000, 0, 0, 0, 0, 100000]]]);
});

test('the header and the events are JSON that the reader knows', () => {
  const header = JSON.parse(headerLine({
    take: 2, startedAt: new Date(0), userAgent: 'x'.repeat(900), referenceSpace: 'local-floor', frameRate: 89.9, guessed: [],
  }));
  assert.equal(header.format, 'InPose WebXR recording');
  assert.equal(header.user_agent.length, 300);
  assert.equal(header.frame_rate, 90);
  assert.deepEqual(JSON.parse(eventLine('end', 10.6, { frames: 3 })), { event: 'end', at: 11, frames: 3 });
  const input = { number: 1, handedness: 'left', bare: true, pose: 'wrist', profiles: ['a', 'b'] };
  assert.equal(JSON.parse(inputLine(input, 0)).hand, 'left');
});

test('rotations', () => {
  const half = Math.SQRT1_2;
  near(rotate([0, half, 0, half], [0, 0, -1]), [-1, 0, 0]);
  near(rotate(conjugate([0, half, 0, half]), [-1, 0, 0]), [0, 0, -1]);
  for (const angle of [-2, -0.3, 0, 1, 3]) {
    const heading = headingOf([0, Math.sin(angle / 2), 0, Math.cos(angle / 2)]);
    assert.ok(Math.abs(Math.atan2(Math.sin(heading - angle), Math.cos(heading - angle))) < 1e-12);
    near(turned(angle, [0, 0, -1]), rotate([0, Math.sin(angle / 2), 0, Math.cos(angle / 2)], [0, 0, -1]));
  }
});

/** Turn a person about the vertical: what they do is the same wherever they face. */
function facing(angle, sample) {
  const rotation = [0, Math.sin(angle / 2), 0, Math.cos(angle / 2)];
  const move = (each) => each && { ...each, position: turned(angle, each.position) };
  return { ...sample, head: { ...move(sample.head), rotation }, left: move(sample.left), right: move(sample.right) };
}

test('a T-pose counts once it is held for a second, whichever way one faces', () => {
  for (const angle of [0, 1, -2.5]) {
    const guide = new TPoseGuide();
    let said;
    for (let ms = 0; ms <= 1000; ms += 100) said = guide.add(facing(angle, moment(ms, hand(-0.75, 1.4, 0), hand(0.75, 1.4, 0))));
    assert.equal(said.held, 1);
    assert.equal(said.since, 0);
  }
});

test('the guide says what is missing', () => {
  const cases = [
    [null, null, 'cannot see your hands'],
    [null, hand(0.75, 1.4, 0), 'cannot see your left hand'],
    [hand(-0.75, 1.4, 0), null, 'cannot see your right hand'],
    [hand(-0.2, 1.4, 0), hand(0.75, 1.4, 0), 'left arm to the side'],
    [hand(-0.75, 1.0, 0), hand(0.75, 1.4, 0), 'Raise your left arm'],
    [hand(-0.75, 1.4, 0), hand(0.75, 1.8, 0), 'Lower your right arm'],
    [hand(-0.75, 1.4, -0.5), hand(0.75, 1.4, 0), 'Move your left hand back'],
    [hand(-0.75, 1.4, 0), hand(0.75, 1.4, 0.5), 'Move your right hand forward'],
  ];
  for (const [left, right, wanted] of cases) {
    const said = new TPoseGuide().add(moment(0, left, right));
    assert.equal(said.held, 0);
    assert.match(said.hint, new RegExp(wanted));
  }
});

test('a T-pose that moves does not count', () => {
  const guide = new TPoseGuide();
  let said;
  for (let ms = 0; ms <= 3000; ms += 100) said = guide.add(moment(ms, hand(-0.75, 1.4 + 0.05 * Math.sin(ms / 50), 0), hand(0.75, 1.4, 0)));
  assert.ok(said.held < 1);
});

const NOTHING = { left: false, right: false };
const BOTH = { left: true, right: true };
const waiting = { held: 0 };

test('a take goes from the countdown over the T-pose to the review, and on', () => {
  const flow = new TakeFlow({ countInS: 3 });
  assert.equal(flow.update(0, { left: false, right: true }, waiting), 'counting');
  assert.equal(flow.update(2900, NOTHING, waiting), null);
  assert.equal(flow.secondsLeft(2900), 1);
  assert.equal(flow.update(3000, NOTHING, waiting), 'posing');
  assert.ok(flow.records, 'the T-pose is in the file');
  assert.equal(flow.update(4000, NOTHING, { held: 1 }), 'recording');
  assert.equal(flow.update(5000, BOTH, waiting), null);
  assert.equal(flow.update(5900, BOTH, waiting), null);
  assert.equal(flow.update(6000, BOTH, waiting), 'reviewing');
  assert.ok(!flow.records);
  assert.equal(flow.update(6100, BOTH, waiting), null, 'the press that stopped the take does not begin the next');
  assert.equal(flow.update(6200, NOTHING, waiting), null);
  assert.equal(flow.update(6300, { left: true, right: false }, waiting), 'ready');
});

test('one trigger does not stop a take, nor do two short ones', () => {
  const flow = new TakeFlow({ countInS: 0, tPose: false });
  flow.update(0, { left: false, right: false, start: true }, waiting);
  assert.equal(flow.update(1, NOTHING, waiting), 'recording');
  for (let ms = 100; ms < 5000; ms += 100) {
    assert.equal(flow.update(ms, { left: true, right: ms % 500 !== 0 }, waiting), null);
  }
});

test('the computer starts and stops a take', () => {
  const flow = new TakeFlow({ countInS: 1 });
  assert.equal(flow.update(0, { ...NOTHING, start: true }, waiting), 'counting');
  assert.equal(flow.update(100, { ...NOTHING, stop: true }, waiting), 'ready');
  flow.update(200, { ...NOTHING, start: true }, waiting);
  flow.update(1200, NOTHING, waiting);
  assert.equal(flow.update(1300, { ...NOTHING, stop: true }, waiting), 'reviewing');
  assert.equal(flow.update(1400, { ...NOTHING, start: true }, waiting), 'counting', 'the next take begins at once');
});

const transform = (position, orientation = { x: 0, y: 0, z: 0, w: 1 }) => ({ position, orientation });
const seen = (x, y, z) => ({ transform: transform({ x, y, z }), emulatedPosition: false });

/** A frame whose spaces are the poses themselves. */
const frame = { getViewerPose: () => seen(0, 1.6, 0), getPose: (space) => space, getJointPose: (space) => space };

test('controllers, hands that replace them, and gazes', () => {
  const sampler = new Sampler();
  const controller = { handedness: 'left', targetRayMode: 'tracked-pointer', gripSpace: seen(-0.3, 1, 0), profiles: ['touch'],
    gamepad: { buttons: [{ value: 0.5 }, { value: 1 }, { value: 0, touched: true }] } };
  const joints = new Map(['wrist', ...HAND_JOINTS].map((name, index) => [name, seen(0.2 + index / 1000, 1, 0)]));
  const bare = { handedness: 'right', targetRayMode: 'tracked-pointer', hand: joints, profiles: ['hand'] };
  const gaze = { handedness: 'right', targetRayMode: 'transient-pointer', targetRaySpace: seen(9, 9, 9), profiles: [] };
  const first = sampler.read(frame, null, 0, [controller, bare, gaze]);
  assert.deepEqual(first.added.map(({ number, handedness, bare: isBare, pose: kind }) => [number, handedness, isBare, kind]), [
    [0, 'left', false, 'grip'], [1, 'right', true, 'wrist'],
  ]);
  assert.deepEqual(first.sample.left.buttons, [0.5, 1, 1]);
  assert.deepEqual(first.sample.right.position, [0.2, 1, 0]);
  assert.equal(first.sample.right.joints.length, 72);
  near(first.sample.right.joints.slice(0, 3), [0.001, 0, 0]);
  const soon = sampler.read(frame, null, 10, [controller, bare]);
  assert.equal(soon.sample.right.joints, null, 'fingers are written thirty times a second');
  assert.deepEqual(soon.added, []);
  assert.equal(sampler.read(frame, null, 40, [controller, bare]).sample.right.joints.length, 72);
});

test('a headset that has no pose gives no sample', () => {
  const found = new Sampler().read({ ...frame, getViewerPose: () => null }, null, 0, []);
  assert.equal(found.sample, null);
});

test('between takes, moments go to a computer that watches, and to no file', () => {
  const sent = [];
  const live = { streams: true, connected: true, send: (lines) => { sent.push(...lines.map((line) => JSON.parse(line))); return true; } };
  const pose = (y) => ({ transform: { position: { x: 0, y, z: 0 }, orientation: { x: 0, y: 0, z: 0, w: 1 } } });
  const source = { handedness: 'left', targetRayMode: 'tracked-pointer', gripSpace: 'grip', profiles: [] };
  const frame = { getViewerPose: () => pose(1.6), getPose: () => pose(1.1) };
  const recorder = new Recorder({
    live: () => live, settings: { countInS: 3, tPose: true }, nextTake: 1,
    about: () => ({ referenceSpace: 'local-floor' }), sounds: { count() {} }, onState() {}, store: null,
  });
  recorder.frame(frame, 'space', 5000, [source]);
  recorder.frame(frame, 'space', 5014, [source]);
  assert.deepEqual(sent[0], { stream: 1, reference_space: 'local-floor' });
  assert.equal(sent[1].hand, 'left');
  assert.deepEqual([sent[2][0], sent[3][0]], [0, 14]);
  live.streams = false;
  recorder.frame(frame, 'space', 5028, [source]);
  assert.equal(sent.length, 4);
});

test('a take lists the inputs that are there, however many bare hands have come and gone', () => {
  const sampler = new Sampler();
  const left = { handedness: 'left', targetRayMode: 'tracked-pointer', gripSpace: seen(-0.3, 1, 0), profiles: ['touch'] };
  for (let time = 0; time < 2000; time += 1) {
    const hand = { handedness: 'right', targetRayMode: 'tracked-pointer', gripSpace: seen(0.3, 1, 0), profiles: ['hand'] };
    sampler.read(frame, null, 20 * time, [left, hand]);
    sampler.read(frame, null, 20 * time + 10, [left]);
  }
  assert.deepEqual(sampler.inputs.map(({ number, handedness }) => [number, handedness]), [[0, 'left']]);
  const back = sampler.read(frame, null, 50000, [left, { ...left, handedness: 'right' }]);
  assert.deepEqual(back.added.map(({ number }) => number), [2001], 'no number is given twice');
});

test('a new centre says how the room has moved, if the browser knows', () => {
  assert.deepEqual(movedBy({ transform: null }), {});
  assert.deepEqual(movedBy({ transform: transform({ x: 1, y: 0, z: -2 }) }), { moved: [1, 0, -2, 0, 0, 0, 1] });
});
