// SPDX-License-Identifier: Apache-2.0
/**
 * Wear an emulated headset in a real Chromium, and do what another program asks for:
 * node act_as_asked.js FOLDER
 *
 * Waits for FOLDER/address.txt, opens that address and stands in a T-pose. Then it does what the lines of
 * FOLDER/asked.txt say, one after the other: wave, start, stop, sleep, wake, offline, online, picture NAME, leave.
 * FOLDER/page.json says what the page said after each.
 */

import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmulatedHeadset } from './emulated_headset.js';

const [folder] = process.argv.slice(2);
const file = (name) => join(folder, name);
const soon = () => new Promise((done) => { setTimeout(done, 100); });

while (!existsSync(file('address.txt'))) await soon();
const headset = await EmulatedHeadset.open();
const { page, context } = headset;
const seen = [];
const tell = async (asked) => {
  const [state, connection] = await Promise.all(['#state', '#connection'].map((line) => page.textContent(line)));
  seen.push({ asked, state, connection });
  writeFileSync(file('page.json'), JSON.stringify({ seen, errors: headset.errors }, null, 1));
};
const acts = {
  wave: () => headset.act(() => window.acted.wave()),
  start: () => headset.press(['right'], 150),
  stop: () => headset.press(['left', 'right'], 1300),
  sleep: () => headset.act(() => window.acted.sleep(true)),
  wake: () => headset.act(() => window.acted.sleep(false)),
  offline: async () => {
    await context.setOffline(true);
    await headset.act(() => window.acted.loseConnections());
  },
  online: () => context.setOffline(false),
  picture: (name) => page.screenshot({ path: file(`${name}.png`) }),
};

await headset.enter(readFileSync(file('address.txt'), 'utf-8').trim(), { countInS: 1, tPose: false });
await tell('enter');
for (let done = 0; ; ) {
  const asked = existsSync(file('asked.txt')) ? readFileSync(file('asked.txt'), 'utf-8').split('\n').slice(0, -1) : [];
  if (asked[done] === 'leave') break;
  if (done < asked.length) {
    const [what, given] = asked[done].split(' ');
    await acts[what](given);
    await tell(asked[done]);
    appendFileSync(file('acted.txt'), `${asked[done]}\n`);
    done += 1;
  } else {
    await soon();
  }
}
await headset.close();
