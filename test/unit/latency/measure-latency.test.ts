import { describe, expect, it } from 'vitest';
import { measureLatency, type SeenFrame, type Toggle } from '../../../src/daemon/latency/measure-latency.js';

const nsPerMs = 1_000_000n;
const ms = (value: number): bigint => BigInt(Math.round(value * 1e6));

interface Scene {
  /** From the beginning of the first row's exposure to the stamp, for each frame. */
  readonly latencyMs: (frame: number) => number;
  readonly exposureMs: number;
  /** How much later each row begins than the first; the grid has one column. */
  readonly rowsMs: readonly number[];
  readonly periodMs: number;
  /** Levels of 255 that the light adds to each row. */
  readonly light: readonly number[];
  readonly noise: number;
  readonly toggles: number;
}

const usual: Scene = {
  latencyMs: () => 48,
  exposureMs: 10,
  rowsMs: [0, 8, 16],
  periodMs: 33.37,
  light: [60, 40, 0],
  noise: 0.5,
  toggles: 24,
};

/** What a camera sees of a light that is switched: each row gathers light while it is exposed. */
function watched(scene: Scene): { toggles: Toggle[]; frames: SeenFrame[] } {
  let random = 7;
  const noise = (): number => {
    random = (random * 1_103_515_245 + 12_345) % 2_147_483_648;
    return (random / 2_147_483_648 - 0.5) * 2 * scene.noise;
  };
  // Phases that fall on every part of a frame's period.
  const switchedMs = Array.from({ length: scene.toggles }, (_, index) => 1000 + index * 613.7);
  const litFor = (fromMs: number, toMs: number): number =>
    switchedMs.reduce((lit, atMs, index) => {
      if (index % 2 !== 0) return lit;
      const offMs = switchedMs[index + 1] ?? Infinity;
      return lit + Math.max(0, Math.min(toMs, offMs) - Math.max(fromMs, atMs));
    }, 0) /
    (toMs - fromMs);
  const endMs = (switchedMs.at(-1) ?? 0) + 600;
  const frames: SeenFrame[] = [];
  for (let index = 0; index * scene.periodMs < endMs; index++) {
    const beginMs = index * scene.periodMs;
    const cells = scene.rowsMs.map(
      (rowMs, row) =>
        90 + (scene.light[row] ?? 0) * litFor(beginMs + rowMs, beginMs + rowMs + scene.exposureMs) + noise(),
    );
    frames.push({ stampNs: ms(beginMs + scene.latencyMs(index)), cells });
  }
  const toggles = switchedMs.map((atMs, index) => ({
    on: index % 2 === 0,
    fromNs: ms(atMs - 0.4),
    byNs: ms(atMs + 0.3),
  }));
  return { toggles, frames };
}

const measure = (change: Partial<Scene> = {}) => {
  const { toggles, frames } = watched({ ...usual, ...change });
  return measureLatency(toggles, frames);
};

describe('the latency of a camera', () => {
  it('is bounded from both sides by a light that the station switched', () => {
    const found = measure();
    expect(found.toggles).toBe(24);
    expect(found.cells).toBe(2);
    // No frame began longer than 48 ms before its stamp: the bound must not be under it, nor over it by two frames.
    expect(found.worstMs).toBeGreaterThanOrEqual(48);
    expect(found.worstMs).toBeLessThan(48 + 2 * usual.periodMs);
    expect(found.leastMs).toBeLessThanOrEqual(48);
    expect(found.leastMs).toBeGreaterThan(48 - usual.periodMs);
  });

  it('is that of the first row, where the rows are exposed one after the other', () => {
    const found = measure({ rowsMs: [0, 30], light: [60, 60], toggles: 60 });
    // The last row alone would say 18 ms, up to 51.
    expect(found.leastMs).toBeGreaterThan(40);
    expect(found.worstMs).toBeGreaterThan(70);
  });

  it('is the worst that was seen, where it varies', () => {
    const found = measure({ latencyMs: (frame) => (frame % 5 === 0 ? 75 : 48) });
    expect(found.worstMs).toBeGreaterThanOrEqual(75);
  });

  it('counts the row that is exposed first, however few rows see the light', () => {
    // The light is seen in the last row alone, which begins 16 ms later: the bound may be under that of the first row by
    // no more than that, so rows without light are no reason for a larger promise than was seen.
    const found = measure({ light: [0, 0, 60] });
    expect(found.cells).toBe(1);
    expect(found.worstMs).toBeGreaterThanOrEqual(48 - 16);
  });

  it('holds for a light that makes parts of the picture darker', () => {
    const found = measure({ light: [60, -40, 0] });
    expect(found.cells).toBe(2);
    expect(found.worstMs).toBeGreaterThanOrEqual(48);
  });

  it('is not guessed where the light is not seen', () => {
    expect(() => measure({ light: [3, 2, 0] })).toThrow(/the light is not seen: .*the largest change is 3\.\d levels/);
    expect(() => measure({ light: [20, 0, 0], noise: 15 })).toThrow(/the light is not seen/);
  });

  it('is not measured by a few switches, nor by few frames', () => {
    expect(() => measure({ toggles: 9 })).toThrow(/switched 9 times, wanted are 10/);
    expect(() => measure({ periodMs: 150 })).toThrow(/only \d frames came after the light was switched/);
  });

  it('is not measured where the camera lags by a whole phase: that would look like a short lag', () => {
    const { toggles, frames } = watched(usual);
    const late = frames.map((frame) => ({ ...frame, stampNs: frame.stampNs + 590n * nsPerMs }));
    expect(() => measureLatency(toggles, late)).toThrow(/becomes darker when the light is switched on/);
  });
});
