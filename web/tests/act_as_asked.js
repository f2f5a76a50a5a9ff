// SPDX-License-Identifier: Apache-2.0
/**
 * Wear an emulated headset in a real Chromium, and do what another program asks for:
 * node act_as_asked.js FOLDER
 *
 * Waits for FOLDER/address.txt, opens that address and stands in a T-pose. Then it does what the lines of
 * FOLDER/asked.txt say, one after the other: wave, start, stop, sleep, wake, offline, online, picture NAME, end_vr,
 * close, open (the page anew), say (what the page says a second later), second (another headset opens the address, for
 * three seconds), wrong (somebody opens an address with a wrong token), leave.
 * FOLDER/page.json says what the page said after each.
 */

import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EmulatedHeadset } from './emulated_headset.js';
import { Network } from './network.js';

const [folder] = process.argv.slice(2);
const file = (name) => join(folder, name);
const soon = () => new Promise((done) => { setTimeout(done, 100); });

while (!existsSync(file('address.txt'))) await soon();
const headset = await EmulatedHeadset.open();
const seen = [];
const network = await Network.to(readFileSync(file('address.txt'), 'utf-8').trim());
const enter = () => headset.enter(network.address, { countInS: 1, tPose: false });
const said = (page) => Promise.all(['#state', '#connection'].map((line) => page.textContent(line)));
const tell = async (asked, answer) => {
  if (answer || !headset.page.isClosed()) {
    const [state, connection] = answer || await said(headset.page);
    seen.push({ asked, state, connection });
  }
  writeFileSync(file('page.json'), JSON.stringify({ seen, errors: headset.errors }, null, 1));
};
const acts = {
  wave: () => headset.act(() => window.acted.wave()),
  start: () => headset.press(['right'], 150),
  stop: () => headset.press(['left', 'right'], 1300),
  sleep: () => headset.act(() => window.acted.sleep(true)),
  wake: () => headset.act(() => window.acted.sleep(false)),
  offline: () => network.cut(),
  online: () => network.mend(),
  picture: async (name) => { await headset.page.screenshot({ path: file(`${name}.png`) }); },
  end_vr: () => headset.leave(),
  close: () => headset.page.close({ runBeforeUnload: false }),
  open: async () => {
    await headset.openPage();
    await enter();
  },
  say: () => headset.page.waitForTimeout(1000),
  second: async () => {
    const other = await EmulatedHeadset.open();
    await other.page.goto(network.address);
    await other.page.waitForTimeout(3000);
    const answer = await said(other.page);
    await other.close();
    return answer;
  },
  wrong: async () => {
    const other = await headset.context.newPage();
    await other.goto(network.address.replace(/[^/]+\/$/, 'wrong/'));
    const answer = [await other.textContent('body'), ''];
    await other.close();
    return answer;
  },
};

await enter();
await tell('enter');
for (let done = 0; ; ) {
  const asked = existsSync(file('asked.txt')) ? readFileSync(file('asked.txt'), 'utf-8').split('\n').slice(0, -1) : [];
  if (asked[done] === 'leave') break;
  if (done < asked.length) {
    const [what, given] = asked[done].split(' ');
    await tell(asked[done], await acts[what](given));
    appendFileSync(file('acted.txt'), `${asked[done]}\n`);
    done += 1;
  } else {
    await soon();
  }
}
await headset.close();
network.cut();
