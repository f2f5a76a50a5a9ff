// SPDX-License-Identifier: Apache-2.0
/** Send what is recorded to the computer that served the page, and hear from it when to start and to stop. */

/** With this code the computer says that the recording has ended. */
const ENDED = 4000;
const RETRY_MS = 2000;
/** The computer takes a headset that is silent for five seconds for lost. */
const HERE_EVERY_MS = 2000;
/** A network that is slower than the headset must not fill the memory: the file in the browser has all of it. */
const MOST_WAITING_BYTES = 4e6;

/**
 * Connect if this page came from InPose.
 * @param {string} pageUrl
 * @param {{onChange: (text: string) => void, onCommand: (name: string) => void, onArrived: (take: object) => void,
 *   onOpen: () => void}} hears about the connection, what the computer asks for, and which take it has
 */
export async function connectLive(pageUrl, hears) {
  const about = await fetch(sessionOf(pageUrl), { cache: 'no-store' }).then(
    (answer) => (answer.ok ? answer.json() : null),
    () => null,
  );
  if (!about || about.service !== 'InPose') return null;
  const address = new URL('socket', pageUrl);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return new LiveSocket(pageUrl, address, about.computer, hears);
}

function sessionOf(pageUrl) {
  return new URL('session.json', pageUrl);
}

class LiveSocket {
  constructor(page, address, computer, hears) {
    Object.assign(this, { page, address, computer, ...hears, ended: false, socket: null, connection: 0, streams: false });
    this.open();
    setInterval(() => this.send(['']), HERE_EVERY_MS);
  }

  get connected() {
    return this.socket !== null && this.socket.readyState === WebSocket.OPEN;
  }

  /** Return how many bytes wait for the network. */
  get waiting() {
    return this.socket === null ? 0 : this.socket.bufferedAmount;
  }

  open() {
    const socket = new WebSocket(this.address);
    this.socket = socket;
    socket.onopen = () => {
      this.connection += 1;
      this.onChange(`Connected to ${this.computer}`);
      this.onOpen();
    };
    socket.onmessage = (message) => {
      const said = JSON.parse(message.data);
      if (said.command) this.onCommand(said.command);
      if (said.arrived) this.onArrived(said.arrived);
      // The computer wants all moments at once, those between takes, too: somebody watches.
      if (said.stream) this.streams = true;
    };
    socket.onclose = (event) => this.lost(event);
  }

  async lost(event) {
    if (this.ended) return;
    if (event.code === ENDED) {
      this.ended = true;
      this.onChange(event.reason || 'The computer has ended the connection');
      return;
    }
    this.onChange(`${event.reason || 'The connection is lost.'} Takes stay on this headset. Trying again...`);
    const answer = await fetch(sessionOf(this.page), { cache: 'no-store' }).catch(() => null);
    if (answer && answer.status === 404) {
      this.ended = true;
      this.onChange('InPose has begun anew, with another address. Takes stay on this headset. Open the new address.');
      return;
    }
    setTimeout(() => this.open(), RETRY_MS);
  }

  /** Send lines; return whether they were sent. */
  send(lines) {
    if (!this.connected || this.waiting > MOST_WAITING_BYTES) return false;
    this.socket.send(lines.join('\n'));
    return true;
  }

  /** Send a whole take; return whether the computer has it. */
  async sendWhole(text) {
    const answer = await fetch(new URL('take', this.page), { method: 'POST', body: text }).catch(() => null);
    return Boolean(answer && answer.ok);
  }
}
