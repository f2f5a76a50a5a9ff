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

/** Lines that the browser refuses stay in memory: a full storage must not cost the take. */
export class TakeStore {
  constructor(database) {
    this.database = database;
    this.writing = Promise.resolve();
    /** Lines that are in memory only, by the ids of their takes; with `tryAt` lines, a try to store them is due. */
    this.held = new Map();
    /** Takes that got no place in the database, by their negative ids. */
    this.placeless = new Map();
    this.lastPlaceless = 0;
  }

  /** Return whether a part of a take would be lost with the page. */
  get holds() {
    return this.held.size > 0;
  }

  /** Begin a take and return its id; `page` is the address from which the computer served the page. */
  async begin(take, startedAt, page) {
    const begun = { take, startedAt, frames: 0, seconds: 0, complete: false, page, isThere: false };
    return this.change('takes', (takes) => takes.add(begun)).catch(() => {
      this.lastPlaceless -= 1;
      const id = this.lastPlaceless;
      this.placeless.set(id, { ...begun, id });
      return id;
    });
  }

  /** Add lines to a take; resolves when they are on the disk, or were refused. */
  append(id, lines) {
    this.writing = this.writing.then(() => this.add(id, lines, false));
    return this.writing;
  }

  /** Note that a take has ended; return whether all of it is on the disk. */
  async finish(id, { frames, seconds }) {
    this.writing = this.writing.then(() => this.add(id, [], true));
    await this.writing;
    await this.note(id, { frames, seconds, complete: true }).catch(() => {}); // it is listed as one that has not ended
    return !this.held.has(id);
  }

  async add(id, lines, isLast) {
    const held = this.held.get(id);
    const all = held ? [...held.lines, ...lines] : lines;
    if (!all.length) return;
    // The lines become more with each refusal, and the tries fewer: they would cost frames.
    const isDue = id > 0 && (!held || isLast || all.length >= held.tryAt);
    const isStored = isDue && await this.change('parts', (parts) => parts.add({ take: id, lines: all })).then(() => true, () => false);
    if (isStored) this.held.delete(id);
    else this.held.set(id, { lines: all, tryAt: isDue ? 2 * all.length : held?.tryAt });
  }

  /** Note that the computer has all of a take. */
  async arrived(id) {
    await this.note(id, { isThere: true });
  }

  /** Return the takes of a page that the computer does not have, the oldest first. */
  async missing(page) {
    return (await this.read('takes', (takes) => takes.getAll())).filter((take) => take.page === page && !take.isThere);
  }

  /** Return all takes, the newest first; `isHeld` are those of which a part is in memory only. */
  async list() {
    const stored = await this.read('takes', (all) => all.getAll()).catch(() => []); // those in memory are shown at least
    const takes = [...stored, ...this.placeless.values()];
    takes.sort((one, other) => one.startedAt.localeCompare(other.startedAt));
    return takes.reverse().map((take) => ({ ...take, isHeld: this.held.has(take.id) }));
  }

  /** Return a take's file as text. */
  async text(id) {
    const parts = id > 0 ? await this.read('parts', (all) => all.index('take').getAll(id)) : [];
    return [...parts, this.held.get(id) ?? { lines: [] }].map(({ lines }) => lines.map((line) => line + '\n').join('')).join('');
  }

  /** Delete a take. */
  async remove(id) {
    if (id > 0) await this.removeStored(id);
    this.held.delete(id);
    this.placeless.delete(id);
  }

  async removeStored(id) {
    const keys = await this.read('parts', (parts) => parts.index('take').getAllKeys(id));
    await this.change('parts', (parts) => {
      keys.forEach((key) => parts.delete(key));
      return null;
    });
    await this.change('takes', (takes) => takes.delete(id));
  }

  async note(id, more) {
    const placeless = this.placeless.get(id);
    if (placeless) this.placeless.set(id, { ...placeless, ...more });
    if (id < 0) return;
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
