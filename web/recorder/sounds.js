// SPDX-License-Identifier: Apache-2.0
/** Make the sounds of the count-in: a performer may not look at a panel. */

export class Sounds {
  constructor() {
    this.context = new AudioContext();
  }

  count() {
    this.tone(440, 0.12);
  }

  go() {
    this.tone(880, 0.4);
  }

  stop() {
    this.tone(330, 0.4);
  }

  tone(hertz, seconds) {
    const now = this.context.currentTime;
    const oscillator = this.context.createOscillator();
    const volume = this.context.createGain();
    oscillator.frequency.value = hertz;
    volume.gain.setValueAtTime(0.2, now);
    volume.gain.exponentialRampToValueAtTime(0.001, now + seconds);
    oscillator.connect(volume).connect(this.context.destination);
    oscillator.start(now);
    oscillator.stop(now + seconds);
  }
}
