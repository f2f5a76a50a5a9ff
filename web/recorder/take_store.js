// SPDX-License-Identifier: Apache-2.0
/** Keep takes in the browser's own database while they are recorded: a browser that closes loses a second at most. */

const DATABASE = 'inpose-recorder';

/** Opens the store. */
export async function openStore() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => {
    request.result.createObjectStore('takes', { keyPath: 'id', autoIncrement: true });
    request.result.createObjectStore('parts', { autoIncrement: true }).createIndex('take', 'take');
  };
  return new TakeStore(await answer(request));
}

class TakeStore {
  constructor(database) {
    this.database = database;
    this.writing = Promise.resolve();
  }

  /** Begin a take and return its id; `page` is the address from which the computer served the page. */
  async begin(take, startedAt, page) {
    const begun = { take, startedAt, frames: 0, seconds: 0, complete: false, page, isThere: false };
    return this.change('takes', (takes) => takes.add(begun));
  }

  /** Add lines to a take; resolves when they are on the disk. */
  append(id, lines) {
    this.writing = this.writing.then(() => this.change('parts', (parts) => parts.add({ take: id, lines })));
    return this.writing;
  }

  /** Note that a take has ended. */
  async finish(id, { frames, seconds }) {
    await this.writing;
    await this.note(id, { frames, seconds, complete: true });
  }

  /** Note that the computer has all of a take. */
  async arrived(id) {
    await this.note(id, { isThere: true });
  }

  /** Return the takes of a page that the computer does not have, the oldest first. */
  async missing(page) {
    return (await this.read('takes', (takes) => takes.getAll())).filter((take) => take.page === page && !take.isThere);
  }

  /** Return all takes, the newest first. */
  async list() {
    return (await this.read('takes', (takes) => takes.getAll())).reverse();
  }

  /** Return a take's file as text. */
  async text(id) {
    const parts = await this.read('parts', (all) => all.index('take').getAll(id));
    return parts.map((part) => part.lines.join('\n') + '\n').join('');
  }

  /** Delete a take. */
  async remove(id) {
    const keys = await this.read('parts', (parts) => parts.index('take').getAllKeys(id));
    await this.change('parts', (parts) => {
      keys.forEach((key) => parts.delete(key));
      return null;
    });
    await this.change('takes', (takes) => takes.delete(id));
  }

  async note(id, more) {
    const take = await this.read('takes', (takes) => takes.get(id));
    if (take) await this.change('takes', (takes) => takes.put({ ...take, ...more })); // else it was deleted
  }

  async read(name, ask) {
    return answer(ask(this.database.transaction(name).objectStore(name)));
  }

  change(name, ask) {
    return new Promise((resolve, reject) => {
      const transaction = this.database.transaction(name, 'readwrite');
      const request = ask(transaction.objectStore(name));
      transaction.oncomplete = () => resolve(request ? request.result : undefined);
      transaction.onabort = () => reject(transaction.error);
    });
  }
}

function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
