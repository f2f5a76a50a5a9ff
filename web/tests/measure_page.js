// SPDX-License-Identifier: Apache-2.0
/**
 * Measure the page: node measure_page.js URL RATE SECONDS [--hands] [--fast]
 *
 * Records one take at RATE frames a second, with controllers or tracked hands; with --fast, the seconds pass as fast as
 * the page works. Writes JSON to standard output: frames that the headset gave, those that it lost, how long the page
 * worked for each, and the memory of the page at the beginning, in the middle and at the end.
 */

import { EmulatedHeadset } from './emulated_headset.js';

const [url, rate, seconds, ...options] = process.argv.slice(2);
const realTime = !options.includes('--fast');
const headset = await EmulatedHeadset.open({ clock: { rate: Number(rate), realTime } });
const { page } = headset;
const session = await headset.context.newCDPSession(page);

await session.send('Performance.enable', { timeDomain: 'threadTicks' });

/** Return for how long the page's thread has worked, without the time in which other programs had the processor. */
async function workedMs() {
  const { metrics } = await session.send('Performance.getMetrics');
  return 1000 * metrics.find(({ name }) => name === 'TaskDuration').value;
}

/** Return what the page holds after the garbage is gone, in MB. */
async function memoryMb() {
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return Math.round(usedSize / 1e4) / 100;
}

await headset.enter(url, { countInS: 0, tPose: false });
await headset.act((bare) => window.acted.useHands(bare), options.includes('--hands'));
await headset.act(() => { window.acted.wave(); });
await page.waitForTimeout(1000); // the first frames compile everything
const memory = [await memoryMb()];
await headset.act(() => {
  // The take waits for the disk once a second, as it never has to in real time.
  headsetClock.everySecond = async () => {
    const { take, live } = window.inposeRecorder;
    if (take && take.saved) await take.saved;
    while (live() && live().waiting > 2e5) await new Promise((go) => { setTimeout(go, 2); });
  };
  Object.assign(headsetClock, { frames: 0, lost: 0, workMs: [] });
  window.inposeRecorder.ask('start');
});
await headset.until('Recording');
const [beganMs, beganAt] = [await workedMs(), await headset.act(() => headsetClock.frames)];
const recorded = () => headset.act(() => window.inposeRecorder.take.frames);
for (const part of realTime ? [1] : [0.5, 1]) { // in real time, a look at the memory would cost frames
  while (await recorded() < part * Number(rate) * Number(seconds)) await page.waitForTimeout(realTime ? 2000 : 100);
  if (part < 1) memory.push(await memoryMb());
}
const found = await headset.act(() => {
  headsetClock.running = false;
  window.inposeRecorder.ask('stop');
  const work = headsetClock.workMs.sort((one, other) => one - other);
  const { frames, lost } = headsetClock;
  headsetClock.running = true;
  return { frames, lost, frame_ms: [0.5, 0.99, 0.999].map((share) => work[Math.floor(share * (work.length - 1))]) };
});
found.worked_ms = ((await workedMs()) - beganMs) / (found.frames - beganAt);
await headset.until('saved', 'state', 120000);
memory.push(await memoryMb());
const connection = await page.textContent('#connection');
await headset.close();
process.stdout.write(JSON.stringify({ ...found, memory_mb: memory, connection, errors: headset.errors }));
