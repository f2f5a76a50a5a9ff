// SPDX-License-Identifier: Apache-2.0
/** Record takes in a WebXR session: frames come in, lines go to the store and to the computer. */

import { eventLine, frameLine, headerLine, inputLine, streamLine } from './take_file.js';
import { Sampler } from './sample.js';
import { TakeFlow } from './take_flow.js';
import { TPoseGuide } from './t_pose.js';

const WRITE_EVERY_MS = 1000;
const SEND_EVERY_MS = 50;
const LONGEST_PLAYBACK = 90 * 60;

export class Recorder {
  /**
   * @param {{store: object, live: () => object | null, deliveries: object, sounds: object, settings: object, nextTake: number,
   *   page: string, about: object, onState: (name: string) => void}} world
   */
  constructor(world) {
    Object.assign(this, world);
    this.flow = new TakeFlow(this.settings);
    this.sampler = new Sampler();
    this.guide = new TPoseGuide();
    this.pose = { held: 0, hint: '', since: null };
    this.asked = { start: false, stop: false };
    this.pressed = { left: false, right: false };
    this.take = null;
    this.lastCount = 0;
    this.latest = null;
    this.streamed = null;
  }

  /** Take one frame of the session. */
  frame(frame, space, timeMs, sources) {
    const { sample, added } = this.sampler.read(frame, space, timeMs, sources);
    if (sample) this.latest = sample;
    if (sample && this.flow.name === 'posing') this.pose = this.guide.add(sample);
    const began = this.flow.update(timeMs, { ...this.pressed, ...this.asked }, this.pose);
    this.asked = { start: false, stop: false };
    if (began) this.enter(began, timeMs);
    this.count(timeMs);
    if (!this.take || !this.flow.records) {
      if (sample) this.stream(sample, added);
      return;
    }
    this.streamed = null;
    // A take that has just begun has listed the inputs that are there.
    if (!began) {
      const inputs = added.map((input) => inputLine(input, timeMs - this.take.startMs));
      this.take.head.push(...inputs);
      this.add(inputs);
    }
    if (sample) {
      this.take.frames += 1;
      if (this.take.playback.length < LONGEST_PLAYBACK) this.take.playback.push(sample);
      this.add([frameLine(sample, this.take.startMs)]);
    }
    this.pass(timeMs, false);
  }

  /** Send a moment between takes, if the computer watches; no file holds it. */
  stream(sample, added) {
    const live = this.live();
    if (!live || !live.streams || !live.connected) {
      this.streamed = null;
      return;
    }
    const begins = this.streamed === null;
    if (begins) this.streamed = sample.timeMs;
    const inputs = (begins ? this.sampler.inputs : added).map((input) => inputLine(input, sample.timeMs - this.streamed));
    live.send([...(begins ? [streamLine(this.about())] : []), ...inputs, frameLine(sample, this.streamed)]);
  }

  /** Ask for what a button on the computer or on the page asks for: 'start' or 'stop'. */
  ask(command) {
    if (command in this.asked) this.asked[command] = true;
  }

  /** Note something that happened to the session: in the take, or to the computer that watches. */
  note(name, timeMs, more = {}) {
    if (this.take && this.flow.records) {
      this.add([eventLine(name, timeMs - this.take.startMs, more)]);
      this.flush(timeMs); // a headset that falls asleep gives no further frame
    } else {
      this.tell(name, timeMs, more);
    }
  }

  /** Store and send all of the take so far. */
  flush(timeMs) {
    if (this.take && this.flow.records) this.pass(timeMs, true);
  }

  /** Tell a computer that watches what happens between takes. */
  tell(name, timeMs, more = {}) {
    const live = this.live();
    if (live && live.streams) live.send([eventLine(name, timeMs - (this.streamed ?? timeMs), more)]);
  }

  /** End whatever is under way, because the session has ended. */
  async end(timeMs) {
    const saved = this.flow.records ? this.finish(timeMs) : null;
    this.flow.enter('reviewing', timeMs);
    this.tell('vr_ended', timeMs);
    this.streamed = null;
    await saved;
    this.onState('ended');
  }

  enter(name, timeMs) {
    if (name === 'counting') this.lastCount = 0;
    if (name === 'posing') this.guide = new TPoseGuide();
    if ((name === 'posing' || name === 'recording') && !this.take) this.begin(timeMs);
    if (name === 'recording') {
      if (this.pose.held >= 1) {
        this.add([eventLine('t_pose', timeMs - this.take.startMs, { from: Math.round(this.pose.since - this.take.startMs) })]);
      }
      this.sounds.go();
    }
    if (name === 'reviewing') this.finish(timeMs);
    if (name === 'ready' || name === 'counting') this.done = null;
    this.pose = { held: 0, hint: '', since: null };
    this.onState(name);
  }

  count(timeMs) {
    if (this.flow.name !== 'counting') return;
    const left = this.flow.secondsLeft(timeMs);
    if (left !== this.lastCount) this.sounds.count();
    this.lastCount = left;
  }

  begin(timeMs) {
    this.take = {
      number: this.nextTake, startMs: timeMs, frames: 0, playback: [], head: [], toStore: [], toSend: [],
      writtenMs: timeMs, sentMs: timeMs, connection: null,
    };
    this.nextTake += 1;
    const startedAt = new Date();
    // The lines wait until the store has given the take its place.
    this.take.id = this.store.begin(this.take.number, startedAt.toISOString(), this.page);
    this.take.head = [
      headerLine({ ...this.about(), take: this.take.number, startedAt }),
      ...this.sampler.inputs.map((input) => inputLine(input, 0)),
    ];
    this.take.toStore.push(...this.take.head);
  }

  add(lines) {
    this.take.toStore.push(...lines);
    this.take.toSend.push(...lines);
  }

  /** Pass on the lines that have waited long enough. */
  pass(timeMs, all) {
    const take = this.take;
    const live = this.live();
    const watched = live && live.streams;
    if (take.toSend.length && (all || watched || timeMs - take.sentMs >= SEND_EVERY_MS)) {
      if (live) this.send(take, live);
      take.toSend = [];
      take.sentMs = timeMs;
    }
    if (take.toStore.length && (all || timeMs - take.writtenMs >= WRITE_EVERY_MS)) {
      const lines = take.toStore;
      take.saved = take.id.then((id) => this.store.append(id, lines));
      take.toStore = [];
      take.writtenMs = timeMs;
    }
  }

  /** Send lines; those that do not arrive are sent again after the take. A new connection is told which take it is. */
  send(take, live) {
    const isNew = take.connection !== live.connection;
    if (live.send(isNew ? [...take.head, ...take.toSend] : take.toSend)) take.connection = live.connection;
  }

  async finish(timeMs) {
    const take = this.take;
    this.take = null;
    if (!take) return;
    const seconds = (timeMs - take.startMs) / 1000;
    // Nobody knows yet whether the take is stored here, and whether the computer has it.
    const done = { number: take.number, seconds, playback: take.playback, isStored: null, isThere: null };
    this.done = done;
    const last = [eventLine('end', timeMs - take.startMs, { frames: take.frames })];
    take.toStore.push(...last);
    take.toSend.push(...last);
    this.take = take;
    this.pass(timeMs, true);
    this.take = null;
    this.sounds.stop();
    const id = await take.id;
    await take.saved;
    done.isStored = await this.store.finish(id, { frames: take.frames, seconds });
    this.onState(done.isStored ? 'saved' : 'held');
    done.isThere = await this.deliveries.ended(id, take.number, take.frames);
  }
}
