// SPDX-License-Identifier: Apache-2.0
/**
 * Record takes with the page in a real Chromium and an emulated headset:
 * node drive_recorder.js URL DOWNLOADS SECONDS [--hands] [--screenshots FOLDER]
 *
 * Writes what happened as JSON to standard output.
 */

import { createRequire } from 'node:module';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const [url, downloads, seconds, ...options] = process.argv.slice(2);
const iwer = createRequire(import.meta.url).resolve('iwer').replace(/lib\/index\.js$/, 'build/iwer.min.js');
const pictures = options.includes('--screenshots') ? options[options.indexOf('--screenshots') + 1] : null;

const context = await chromium.launchPersistentContext(mkdtempSync(join(tmpdir(), 'inpose-chromium-')), {
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  headless: true,
  ignoreHTTPSErrors: true,
  acceptDownloads: true,
  viewport: { width: 480, height: 320 }, // the emulated headset draws over the whole page, without a graphics card
  args: [
    '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
    '--disable-sync', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader',
    '--autoplay-policy=no-user-gesture-required',
  ],
});
const page = await context.newPage();
const errors = [];
page.on('pageerror', (error) => errors.push(String(error)));
page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
await page.addInitScript({ path: iwer });
await page.addInitScript({ path: new URL('performance.js', import.meta.url).pathname });

const state = () => page.textContent('#state');
const until = async (text) => {
  const reached = (wanted) => document.getElementById('state').textContent.includes(wanted);
  await page.waitForFunction(reached, text, { timeout: 30000 }).catch(async () => {
    throw new Error(`the page says "${await state()}", not "${text}": ${errors.join(' | ')}`);
  });
};
const press = async (hands, heldMs) => {
  for (const hand of hands) await page.evaluate((name) => window.acted.press(name, true), hand);
  await page.waitForTimeout(heldMs);
  for (const hand of hands) await page.evaluate((name) => window.acted.press(name, false), hand);
  await page.waitForTimeout(100);
};
const picture = async (name) => pictures && page.screenshot({ path: join(pictures, `${name}.png`) });

await page.goto(url);
await page.fill('#count-in', '1');
await picture('page');
await page.waitForSelector('#start:not([disabled])', { timeout: 15000 }).catch(async () => {
  throw new Error(`no VR: the page says "${await state()}": ${errors.join(' | ')}`);
});
await page.click('#start');
await until('Ready');
await picture('ready');
await press(['right'], 150);
await until('T-pose');
await picture('t_pose');
await until('Recording');
await page.evaluate(() => window.acted.wave());
if (options.includes('--hands')) {
  await page.waitForTimeout(500 * Number(seconds));
  await page.evaluate(() => window.acted.useHands(true));
  await page.waitForTimeout(500 * Number(seconds));
  await page.evaluate(() => window.acted.useHands(false));
  await page.waitForTimeout(300);
} else {
  await page.waitForTimeout(1000 * Number(seconds));
}
await picture('recording');
await press(['left', 'right'], 1300);
await until('saved');
await picture('reviewing');
const connection = await page.textContent('#connection');
await page.evaluate(() => window.inposeRecorder && window.acted.device && window.acted.device.activeSession?.end?.());
await page.waitForTimeout(300);
await page.evaluate(() => document.querySelectorAll('canvas').forEach((canvas) => canvas.remove()));
const [download] = await Promise.all([
  page.waitForEvent('download'),
  page.evaluate(() => [...document.querySelectorAll('#takes button')].find((each) => each.textContent === 'Download').click()),
]);
const saved = join(downloads, download.suggestedFilename());
await download.saveAs(saved);
await picture('takes');
const found = {
  saved,
  connection,
  state: await state(),
  errors,
  truth: await page.evaluate(() => window.acted.truth),
  takes: await page.evaluate(() => [...document.querySelectorAll('#takes span')].map((each) => each.textContent)),
};
await context.close();
process.stdout.write(JSON.stringify(found));
