// SPDX-License-Identifier: Apache-2.0
/** Stand for the network between the headset and the computer: it can be cut, as Chromium's own "offline" cannot cut
 * an open WebSocket. */

import { connect, createServer } from 'node:net';

export class Network {
  /** Lead to the computer that serves an address; `address` is then the one for the headset. */
  static async to(address) {
    const network = new Network(new URL(address));
    await network.mend(0);
    return network;
  }

  constructor(computer) {
    Object.assign(this, { computer, sockets: new Set(), server: null, port: 0 });
  }

  get address() {
    const address = new URL(this.computer);
    address.port = String(this.port);
    return address.href;
  }

  /** Let connections through. */
  mend(port = this.port) {
    this.server = createServer((headset) => this.join(headset, connect(Number(this.computer.port), this.computer.hostname)));
    return new Promise((done) => {
      this.server.listen(port, 'localhost', () => {
        this.port = this.server.address().port;
        done();
      });
    });
  }

  /** Break all connections, and let none through. */
  cut() {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }

  join(headset, computer) {
    for (const [from, to] of [[headset, computer], [computer, headset]]) {
      this.sockets.add(from);
      from.pipe(to);
      from.on('error', () => {}); // the other end is closed, too
      from.on('close', () => {
        this.sockets.delete(from);
        to.destroy();
      });
    }
  }
}
