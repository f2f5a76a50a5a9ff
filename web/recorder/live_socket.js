// SPDX-License-Identifier: Apache-2.0
/** Send what is recorded to the computer that served the page, and hear from it when to start and to stop. */

const RETRY_MS = 2000;
/** The computer takes a headset that is silent for five seconds for lost. */
const HERE_EVERY_MS = 2000;
/** A network that is slower than the headset must not fill the memory: the file in the browser has all of it. */
const MOST_WAITING_BYTES = 4e6;

/** Connect if this page came from InPose; `onChange(text)` hears about the connection, `onCommand(name)` commands. */
export async function connectLive(pageUrl, { onChange, onCommand }) {
  const about = await fetch(new URL('session.json', pageUrl), { cache: 'no-store' }).then(
    (answer) => (answer.ok ? answer.json() : null),
    () => null,
  );
  if (!about || about.service !== 'InPose') return null;
  const address = new URL('socket', pageUrl);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  return new LiveSocket(pageUrl, address, about.computer, { onChange, onCommand });
}

class LiveSocket {
  constructor(page, address, computer, { onChange, onCommand }) {
    Object.assign(this, { page, address, computer, onChange, onCommand, ended: false, socket: null, streams: false });
    this.open();
    setInterval(() => this.send(['']), HERE_EVERY_MS);
  }

  get connected() {
    return this.socket !== null && this.socket.readyState === WebSocket.OPEN;
  }

  open() {
    const socket = new WebSocket(this.address);
    this.socket = socket;
    socket.onopen = () => this.onChange(`Connected to ${this.computer}`);
    socket.onmessage = (message) => {
      const said = JSON.parse(message.data);
      if (said.command) this.onCommand(said.command);
      if (said.text) this.onChange(said.text);
      // The computer wants all moments at once, those between takes, too: somebody watches.
      if (said.stream) this.streams = true;
    };
    socket.onclose = (event) => {
      if (this.ended) return;
      if (event.code === 4000) {
        this.ended = true; // the computer has ended the recording
        this.onChange(event.reason || 'The computer has ended the connection');
        return;
      }
      const reason = event.reason || 'The connection is lost.';
      this.onChange(`${reason} Takes stay on this headset. Trying again...`);
      setTimeout(() => this.open(), RETRY_MS);
    };
  }

  /** Send lines; return whether they were sent. */
  send(lines) {
    if (!this.connected || this.socket.bufferedAmount > MOST_WAITING_BYTES) return false;
    this.socket.send(lines.join('\n'));
    return true;
  }

  /** Send a whole take, because a part of it did not arrive. */
  async sendWhole(text) {
    const answer = await fetch(new URL('take', this.page), { method: 'POST', body: text }).catch(() => null);
    this.onChange(answer && answer.ok ? 'The take is on the computer' : 'The take is on this headset only');
  }
}
