import { RingReader } from '../../daemon/infer/ring-reader.js';
import type { Camera, Clock, HeldFrame, Light } from '../../daemon/ports.js';
import { CupcheckError } from '../../errors.js';
import type { SeenFrame, Toggle } from '../../daemon/latency/measure-latency.js';
import type { FrameRing } from '../../native/frame-ring.js';
import type { Thumb } from '../../native/quality.js';

const nsPerMs = 1_000_000n;
/** Phases of differing length, so that they fall on every part of a frame's period, and none repeats another. */
const shortestPhaseMs = 700;
const longestPhaseMs = 1100;
/** The picture is looked at in so many parts. */
const [columns, rows] = [32, 24];

/**
 * Switches the station's light on and off in front of the camera.
 * @param camera whose frames are dated by their stamps: with a lag of 0
 * @param toggles how often the light is switched
 * @returns the switches, and every frame that the camera gave meanwhile
 * Errors: those of the camera and of the light; the signal's reason.
 */
export async function watchLight(
  { camera, light, clock, ring }: { camera: Camera; light: Pick<Light, 'show'>; clock: Clock; ring: FrameRing },
  toggles: number,
  onToggle: (done: number) => void,
  signal: AbortSignal,
): Promise<{ readonly toggles: Toggle[]; readonly frames: SeenFrame[] }> {
  const ended = new AbortController();
  const frames: SeenFrame[] = [];
  const watching = collect(camera, new RingReader(ring), frames, AbortSignal.any([signal, ended.signal]));
  const made: Toggle[] = [];
  const switched = (async () => {
    try {
      await light.show('dark');
      await clock.until(clock.nowNs() + phase(), signal);
      while (made.length < toggles) {
        const on = made.length % 2 === 0;
        const fromNs = clock.nowNs();
        await light.show(on ? 'amber' : 'dark');
        made.push({ on, fromNs, byNs: clock.nowNs() });
        onToggle(made.length);
        await clock.until(clock.nowNs() + phase(), signal);
      }
    } finally {
      await light.show('dark').catch(() => null);
      ended.abort(new Error('the light was watched'));
    }
  })();
  await Promise.all([switched, watching]);
  return { toggles: made, frames };
}

const phase = (): bigint =>
  BigInt(Math.round(shortestPhaseMs + Math.random() * (longestPhaseMs - shortestPhaseMs))) * nsPerMs;

/** Each frame of the camera, one after the other, until the signal ends it. */
async function collect(camera: Camera, reader: RingReader, frames: SeenFrame[], signal: AbortSignal): Promise<void> {
  let afterNs = 0n;
  while (!signal.aborted) {
    let frame: HeldFrame;
    try {
      frame = await camera.after(afterNs, signal);
    } catch (error) {
      if (signal.aborted) return;
      throw error;
    }
    try {
      const { exposedNs } = frame.stamp;
      if (exposedNs === null)
        throw new CupcheckError('CALIBRATION_FAILED', camera.unproven ?? 'the frames have no stamps');
      afterNs = exposedNs;
      frames.push({ stampNs: exposedNs, cells: gridOf(reader.glance(frame).thumb) });
    } finally {
      frame.release();
    }
  }
}

/** The mean luma of each part of the thumb, row by row. */
function gridOf({ width, height, luma }: Thumb): number[] {
  const sums = new Float64Array(columns * rows);
  const counts = new Float64Array(columns * rows);
  for (let y = 0; y < height; y++) {
    const row = Math.floor((y * rows) / height) * columns;
    for (let x = 0; x < width; x++) {
      const cell = row + Math.floor((x * columns) / width);
      sums[cell] = (sums[cell] ?? 0) + (luma[y * width + x] ?? 0);
      counts[cell] = (counts[cell] ?? 0) + 1;
    }
  }
  return Array.from(sums, (sum, cell) => (counts[cell] === 0 ? 0 : sum / (counts[cell] ?? 1)));
}
