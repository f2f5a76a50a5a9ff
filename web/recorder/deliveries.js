// SPDX-License-Identifier: Apache-2.0
/** See that each take is on the computer as a whole: what was lost on the way is sent again, when the network is back. */

/** The computer says within this time that a take has arrived, or something of it was lost. */
const ANSWER_MS = 3000;

export class Deliveries {
  /**
   * @param {object} store keeps the takes
   * @param {() => object | null} live the connection; null if the page came from elsewhere
   * @param {(text: string) => void} onChange hears where the newest take is
   * @param {number} answerMs
   */
  constructor(store, live, onChange, answerMs = ANSWER_MS) {
    Object.assign(this, { store, live, onChange, answerMs });
    /** Takes that are not on the computer, by their numbers. */
    this.open = new Map();
  }

  /** Look after a take that has ended; return whether all of it is on the computer. */
  async ended(id, number, frames) {
    if (!this.live()) return false;
    const take = { id, frames, sends: true };
    this.open.set(number, take);
    const isThere = await Promise.race([
      new Promise((resolve) => { take.answer = resolve; }),
      new Promise((resolve) => { setTimeout(resolve, this.live().connected ? this.answerMs : 0, false); }),
    ]);
    if (!isThere) await this.send(number, take);
    take.sends = false;
    return !this.open.has(number);
  }

  /** Hear from the computer how much of a take has arrived. */
  arrived({ take: number, frames }) {
    const take = this.open.get(number);
    if (!take) return;
    const whole = frames === take.frames;
    if (whole) this.close(number);
    take.answer(whole);
  }

  /** Send what did not get there: the connection is back. */
  async again() {
    for (const [number, take] of [...this.open]) {
      if (!take.sends) {
        take.sends = true;
        await this.send(number, take);
        take.sends = false;
      }
    }
  }

  /** Send what the page had not sent when it was closed, to the computer that still has the same address. */
  async resume(page) {
    for (const { id, take, frames } of await this.store.missing(page)) {
      if (!this.open.has(take)) this.open.set(take, { id, frames, sends: false, answer() {} });
    }
    await this.again();
  }

  async send(number, take) {
    if (await this.live().sendWhole(await this.store.text(take.id))) this.close(number);
    else this.onChange(`Take ${number} is on this headset only. InPose sends it when the connection is back.`);
  }

  close(number) {
    this.store.arrived(this.open.get(number).id).catch(() => {}); // else the take is sent once more: no harm
    this.open.delete(number);
    this.onChange(`Take ${number} is on the computer`);
  }
}
