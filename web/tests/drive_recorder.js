// SPDX-License-Identifier: Apache-2.0
/**
 * Record takes with the page in a real Chromium and an emulated headset:
 * node drive_recorder.js URL DOWNLOADS SECONDS [--hands] [--screenshots FOLDER]
 *
 * Writes what happened as JSON to standard output.
 */

import { join } from 'node:path';
import { EmulatedHeadset } from './emulated_headset.js';

const [url, downloads, seconds, ...options] = process.argv.slice(2);
const pictures = options.includes('--screenshots') ? options[options.indexOf('--screenshots') + 1] : null;
const headset = await EmulatedHeadset.open();
const { page } = headset;
const picture = async (name) => pictures && page.screenshot({ path: join(pictures, `${name}.png`) });

await headset.enter(url);
await picture('ready');
await headset.press(['right'], 150);
await headset.until('T-pose');
await picture('t_pose');
await headset.until('Recording');
await headset.act(() => window.acted.wave());
if (options.includes('--hands')) {
  await page.waitForTimeout(500 * Number(seconds));
  await headset.act(() => window.acted.useHands(true));
  await page.waitForTimeout(500 * Number(seconds));
  await headset.act(() => window.acted.useHands(false));
  await page.waitForTimeout(300);
} else {
  await page.waitForTimeout(1000 * Number(seconds));
}
await picture('recording');
await headset.press(['left', 'right'], 1300);
await headset.until('saved');
await picture('reviewing');
// The computer answers a moment later, if there is one.
await page.waitForFunction(() => /^Take/.test(document.querySelector('#connection').textContent), null, { timeout: 5000 })
  .catch(() => {});
const connection = await page.textContent('#connection');
await headset.leave();
const [download] = await Promise.all([
  page.waitForEvent('download'),
  headset.act(() => [...document.querySelectorAll('#takes button')].find((each) => each.textContent === 'Download').click()),
]);
const saved = join(downloads, download.suggestedFilename());
await download.saveAs(saved);
await picture('takes');
const found = {
  saved,
  connection,
  state: await headset.state(),
  errors: headset.errors,
  truth: await headset.act(() => window.acted.truth),
  takes: await headset.act(() => [...document.querySelectorAll('#takes span')].map((each) => each.textContent)),
};
await headset.close();
process.stdout.write(JSON.stringify(found));
