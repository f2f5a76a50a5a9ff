// SPDX-License-Identifier: Apache-2.0
/** Open the page in a real Chromium with Meta's emulated headset (IWER), and act in it. */

import { createRequire } from 'node:module';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const IWER = createRequire(import.meta.url).resolve('iwer').replace(/lib\/index\.js$/, 'build/iwer.min.js');
const besides = (name) => new URL(name, import.meta.url).pathname;

export class EmulatedHeadset {
  /**
   * Start Chromium. The profile is one of its own, unless a folder is given: takes stay in it.
   * @param {{profile?: string, clock?: {rate: number, realTime: boolean}}} choices `clock`: how the headset gives
   *   frames; without it they come as Chromium draws, 60 times a second
   */
  static async open({ profile, clock } = {}) {
    const context = await chromium.launchPersistentContext(profile || mkdtempSync(join(tmpdir(), 'inpose-chromium-')), {
      executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
      headless: true,
      ignoreHTTPSErrors: true,
      acceptDownloads: true,
      viewport: clock ? { width: 160, height: 120 } : { width: 480, height: 320 }, // drawn without a graphics card
      args: [
        '--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
        '--disable-sync', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader',
        '--autoplay-policy=no-user-gesture-required',
      ],
    });
    const headset = new EmulatedHeadset(context, clock);
    await headset.openPage();
    return headset;
  }

  constructor(context, clock) {
    Object.assign(this, { context, clock, page: null, errors: [] });
  }

  /** Open a new page of the browser, in which the headset is emulated. */
  async openPage() {
    const page = await this.context.newPage();
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && this.errors.push(message.text()));
    if (this.clock) {
      await page.addInitScript((chosen) => { window.chosenClock = chosen; }, this.clock);
      await page.addInitScript({ path: besides('headset_clock.js') });
    }
    await page.addInitScript({ path: IWER });
    await page.addInitScript({ path: besides('performance.js') });
    this.page = page;
  }

  /** Open an address, and start VR. */
  async enter(url, { countInS = 1, tPose = true } = {}) {
    await this.page.goto(url);
    await this.page.fill('#count-in', String(countInS));
    await this.page.setChecked('#t-pose', tPose);
    await this.page.waitForSelector('#start:not([disabled])', { timeout: 15000 }).catch(async () => {
      throw new Error(`no VR: the page says "${await this.state()}": ${this.errors.join(' | ')}`);
    });
    await this.page.click('#start');
    await this.until('Ready');
  }

  /** Return what the page says. */
  state() {
    return this.page.textContent('#state');
  }

  /** Wait until the page says something; `where` is the id of its line. */
  async until(text, where = 'state', timeoutMs = 30000) {
    const reached = ([line, wanted]) => document.getElementById(line).textContent.includes(wanted);
    await this.page.waitForFunction(reached, [where, text], { timeout: timeoutMs }).catch(async () => {
      const said = await this.page.textContent(`#${where}`);
      throw new Error(`the page says "${said}", not "${text}": ${this.errors.join(' | ')}`);
    });
  }

  /** Hold the triggers of some hands. */
  async press(hands, heldMs) {
    for (const hand of hands) await this.act((name) => window.acted.press(name, true), hand);
    await this.page.waitForTimeout(heldMs);
    for (const hand of hands) await this.act((name) => window.acted.press(name, false), hand);
    await this.page.waitForTimeout(100);
  }

  /** Run a function in the page. */
  act(what, given) {
    return this.page.evaluate(what, given);
  }

  /** End VR, and take the emulated headset's picture away from the page. */
  async leave() {
    await this.act(() => window.acted.device.activeSession?.end?.());
    await this.page.waitForTimeout(300);
    await this.act(() => document.querySelectorAll('canvas').forEach((canvas) => canvas.remove()));
  }

  async close() {
    await this.context.close();
  }
}
