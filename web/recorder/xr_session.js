// SPDX-License-Identifier: Apache-2.0
/** Run a WebXR session: ask the browser for it, hand its frames to the recorder, and draw. */

import { Stage } from './stage.js';
import { panelOf } from './panel_text.js';

const OPTIONAL = ['local-floor', 'bounded-floor', 'hand-tracking', 'body-tracking'];
/** Where a headset has no floor, its origin is at the eyes of somebody who stands: the file says that it was guessed. */
const GUESSED_EYES_M = 1.6;

/** Return the kind of session that this browser has: 'immersive-ar', 'immersive-vr', or null. */
export async function sessionKind() {
  if (!navigator.xr) return null;
  for (const kind of ['immersive-ar', 'immersive-vr']) {
    if (await navigator.xr.isSessionSupported(kind).catch(() => false)) return kind;
  }
  return null;
}

/**
 * Start a session; resolves when it runs. `makeRecorder(about)` gets a function that describes the session.
 * @returns {Promise<{session: XRSession, recorder: object}>}
 */
export async function startSession(kind, makeRecorder) {
  const session = await navigator.xr.requestSession(kind, { optionalFeatures: OPTIONAL });
  const canvas = document.createElement('canvas');
  const gl = canvas.getContext('webgl', { xrCompatible: true, alpha: true });
  await gl.makeXRCompatible();
  const layer = new XRWebGLLayer(session, gl);
  session.updateRenderState({ baseLayer: layer });
  const { space, name } = await floorSpace(session);
  const guessed = name === 'local-floor' ? [] : ['floor'];
  const recorder = makeRecorder(() => ({
    userAgent: navigator.userAgent,
    referenceSpace: name,
    frameRate: session.frameRate || 0,
    guessed,
  }));
  const stage = new Stage(gl);
  let clockMs = performance.now();
  session.addEventListener('selectstart', (event) => press(recorder, event.inputSource, true));
  session.addEventListener('selectend', (event) => press(recorder, event.inputSource, false));
  session.addEventListener('visibilitychange', () => recorder.note(session.visibilityState, clockMs));
  space.addEventListener('reset', (event) => recorder.note('recentred', clockMs, movedBy(event)));
  session.addEventListener('end', () => recorder.end(clockMs));
  if (session.supportedFrameRates && session.updateTargetFrameRate) {
    await session.updateTargetFrameRate(Math.max(...session.supportedFrameRates)).catch(() => {});
  }
  const onFrame = (timeMs, frame) => {
    session.requestAnimationFrame(onFrame);
    clockMs = timeMs;
    recorder.frame(frame, space, timeMs, session.inputSources);
    const viewer = frame.getViewerPose(space);
    if (viewer) {
      stage.draw(viewer, layer, panelOf(recorder, timeMs), {
        tPose: recorder.flow.name === 'posing',
        playback: playedBack(recorder, timeMs),
        opaque: session.environmentBlendMode === 'opaque',
      });
    }
  };
  session.requestAnimationFrame(onFrame);
  return { session, recorder };
}

async function floorSpace(session) {
  try {
    return { space: await session.requestReferenceSpace('local-floor'), name: 'local-floor' };
  } catch {
    const local = await session.requestReferenceSpace('local');
    const lower = new XRRigidTransform({ x: 0, y: -GUESSED_EYES_M, z: 0 });
    return { space: local.getOffsetReferenceSpace(lower), name: 'local' };
  }
}

/** Return how the room has moved; browsers may not know. */
export function movedBy({ transform }) {
  if (!transform) return {};
  const { position: p, orientation: q } = transform;
  return { moved: [p.x, p.y, p.z, q.x, q.y, q.z, q.w] };
}

function press(recorder, source, down) {
  const hand = source.handedness === 'left' ? 'left' : 'right';
  recorder.pressed[hand] = down;
}

/** Return the moment of the last take that is shown now: it plays again and again until the performer goes on. */
function playedBack(recorder, nowMs) {
  if (recorder.flow.name !== 'reviewing' || !recorder.done || !recorder.done.playback.length) return null;
  const shown = recorder.done.playback;
  const lasts = shown[shown.length - 1].timeMs - shown[0].timeMs;
  const wanted = shown[0].timeMs + ((nowMs - recorder.flow.sinceMs) % Math.max(1, lasts));
  let [low, high] = [0, shown.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (shown[middle].timeMs < wanted) low = middle + 1;
    else high = middle;
  }
  return shown[low];
}
