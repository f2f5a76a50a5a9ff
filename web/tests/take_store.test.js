// SPDX-License-Identifier: Apache-2.0
/** Test that takes survive a browser that refuses to store them: node --test */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TakeStore } from '../recorder/take_store.js';

/** A store whose database is in memory, and is full whenever `full` says so. */
class FullableStore extends TakeStore {
  constructor() {
    super(null);
    this.full = false;
    this.stored = { takes: new Map(), parts: [] };
  }

  table(name) {
    const { takes, parts } = this.stored;
    if (name === 'parts') {
      return {
        add: (part) => ({ result: parts.push(part) }),
        index: () => ({ getAll: (id) => ({ result: parts.filter((part) => part.take === id) }) }),
      };
    }
    return {
      add: (take) => ({ result: takes.set(takes.size + 1, { ...take, id: takes.size + 1 }).size }),
      put: (take) => ({ result: takes.set(take.id, take) }),
      get: (id) => ({ result: takes.get(id) }),
      getAll: () => ({ result: [...takes.values()] }),
    };
  }

  async change(name, ask) {
    if (this.full) throw new Error('QuotaExceededError');
    return ask(this.table(name)).result;
  }

  async read(name, ask) {
    return ask(this.table(name)).result;
  }
}

const ended = { frames: 2, seconds: 1 };

test('a write that is refused costs nothing, and the next ones go on', async () => {
  const store = new FullableStore();
  const id = await store.begin(1, '2026-01-01', '');
  store.full = true;
  await store.append(id, ['a']);
  assert.equal(store.holds, true);
  store.full = false;
  await store.append(id, ['b']);
  assert.equal(await store.finish(id, ended), true);
  assert.equal(await store.text(id), 'a\nb\n');
  assert.equal(store.holds, false);
  const second = await store.begin(2, '2026-01-02', '');
  await store.append(second, ['c']);
  assert.equal(await store.finish(second, ended), true);
  assert.equal(await store.text(second), 'c\n');
});

test('what cannot be stored stays in memory, is listed as such, and can be downloaded', async () => {
  const store = new FullableStore();
  const id = await store.begin(1, '2026-01-01', '');
  await store.append(id, ['a']);
  store.full = true;
  await store.append(id, ['b', 'c']);
  assert.equal(await store.finish(id, ended), false);
  assert.equal(await store.text(id), 'a\nb\nc\n');
  assert.deepEqual((await store.list()).map((take) => take.isHeld), [true]);
});

test('a take that gets no place in a full database is kept until the page is closed', async () => {
  const store = new FullableStore();
  const first = await store.begin(1, '2026-01-01', '');
  store.full = true;
  const second = await store.begin(2, '2026-01-02', '');
  assert.notEqual(first, second);
  await store.append(second, ['a']);
  assert.equal(await store.finish(second, ended), false);
  assert.equal(await store.text(second), 'a\n');
  const [newest] = await store.list();
  assert.deepEqual([newest.take, newest.complete, newest.isHeld], [2, true, true]);
  await store.remove(second);
  assert.equal(store.holds, false);
});
