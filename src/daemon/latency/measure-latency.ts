import { CupcheckError } from '../../errors.js';

/** A switch of the light: it happened between the two moments, CLOCK_MONOTONIC. */
export interface Toggle {
  readonly on: boolean;
  readonly fromNs: bigint;
  readonly byNs: bigint;
}

/** What a frame showed: the mean luma (0 to 255) of each cell of a grid, and the driver's stamp. */
export interface SeenFrame {
  readonly stampNs: bigint;
  readonly cells: readonly number[];
}

export interface MeasuredLatency {
  /**
   * No frame was seen whose exposure can have begun longer than this before its stamp: the longest time from a switch to
   * the stamp of the first frame that shows nothing of the time before it. The exposure is in it.
   */
  readonly worstMs: number;
  /** Some frame's exposure did begin so long before its stamp: the longest time to one that still shows the time before. */
  readonly leastMs: number;
  /** Switches of the light that were seen. */
  readonly toggles: number;
  /** Cells of the grid in which the light is seen. */
  readonly cells: number;
}

const leastToggles = 10;
/** Levels of 255 by which a cell must change, and how much more that must be than its noise. */
const leastStep = 8;
const stepOverNoise = 10;
/** A cell shows nothing of the time before when it has come this share of the way. */
const arrived = 0.9;
/** Frames at the end of a phase that show its settled light. */
const settledFrames = 3;

/**
 * The worst latency of a camera's stamps, from a light that was switched on and off while it streamed. A rolling shutter
 * exposes the rows one after the other, so a frame counts as new only when every cell that sees the light does.
 * @param frames in the order of their stamps; each phase has to be longer than the latency by several frames
 * Errors: CALIBRATION_FAILED, saying what was not seen.
 */
export function measureLatency(toggles: readonly Toggle[], frames: readonly SeenFrame[]): MeasuredLatency {
  if (toggles.length < leastToggles)
    throw failed(`the light was switched ${toggles.length} times, wanted are ${leastToggles}`);
  const phases = toggles.map((toggle, index) => phaseOf(toggle, toggles[index + 1], frames));
  const cells = litCells(phases);
  let worstNs = 0n;
  let leastNs = 0n;
  for (const { toggle, seen } of phases) {
    const isNew = seen.map((frame) => cells.every((cell) => cell.shows(frame, toggle.on)));
    const lastOld = isNew.lastIndexOf(false);
    const first = seen[lastOld + 1];
    if (first === undefined)
      throw failed(`the light was switched ${onOff(toggle.on)}, and no frame of that phase shows it whole`);
    worstNs = max(worstNs, first.stampNs - toggle.fromNs);
    const old = seen[lastOld];
    if (old !== undefined) leastNs = max(leastNs, old.stampNs - toggle.byNs);
  }
  return { worstMs: toMs(worstNs), leastMs: toMs(leastNs), toggles: toggles.length, cells: cells.length };
}

interface Phase {
  readonly toggle: Toggle;
  /** Stamped after the switch and before the next one. */
  readonly seen: readonly SeenFrame[];
}

function phaseOf(toggle: Toggle, next: Toggle | undefined, frames: readonly SeenFrame[]): Phase {
  const seen = frames.filter(
    ({ stampNs }) => stampNs > toggle.fromNs && (next === undefined || stampNs <= next.fromNs),
  );
  if (seen.length > 2 * settledFrames) return { toggle, seen };
  throw failed(
    `only ${seen.length} frames came after the light was switched ${onOff(toggle.on)}, wanted are ${2 * settledFrames + 1}`,
    'The camera is slow or the machine is busy: measure again when nothing else runs, and see what doctor says of the camera',
  );
}

interface LitCell {
  readonly shows: (frame: SeenFrame, on: boolean) => boolean;
}

/** The cells that see the light, with the levels that it gives them. */
function litCells(phases: readonly Phase[]): LitCell[] {
  const settled = (on: boolean): SeenFrame[] =>
    phases.filter(({ toggle }) => toggle.on === on).flatMap(({ seen }) => seen.slice(-settledFrames));
  const [lit, dark] = [settled(true), settled(false)];
  const count = lit[0]?.cells.length ?? 0;
  const cells: LitCell[] = [];
  let largest = 0;
  let brighter = 0;
  for (let index = 0; index < count; index++) {
    const [on, off] = [levelOf(lit, index), levelOf(dark, index)];
    const step = on.middle - off.middle;
    largest = Math.max(largest, Math.abs(step));
    if (Math.abs(step) < Math.max(leastStep, stepOverNoise * Math.max(on.noise, off.noise))) continue;
    brighter += step;
    cells.push({
      shows: (frame, isOn) => {
        const share = ((frame.cells[index] ?? Number.NaN) - off.middle) / step;
        return isOn ? share >= arrived : share <= 1 - arrived;
      },
    });
  }
  if (brighter < 0)
    throw failed('the picture becomes darker when the light is switched on: the camera lags by a whole phase or more');
  if (cells.length > 0) return cells;
  throw failed(
    `the light is not seen: no part of the picture changes with it by ${leastStep} levels and ${stepOverNoise} times its noise (the largest change is ${largest.toFixed(1)} levels)`,
  );
}

/** The median, and how far the middle half lies around it. */
function levelOf(frames: readonly SeenFrame[], index: number): { readonly middle: number; readonly noise: number } {
  const values = frames.map(({ cells }) => cells[index] ?? 0).sort((a, b) => a - b);
  const at = (share: number): number => values[Math.floor(share * (values.length - 1))] ?? 0;
  return { middle: at(0.5), noise: (at(0.75) - at(0.25)) / 2 };
}

const onOff = (on: boolean): string => (on ? 'on' : 'off');
const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
/** Rounded up: a bound must not become smaller. */
const toMs = (ns: bigint): number => Math.ceil(Number(ns) / 1e4) / 100;
const look = 'The camera must see the light of the station, or a surface that it shines on';
const failed = (what: string, advice = look): CupcheckError =>
  new CupcheckError('CALIBRATION_FAILED', `${what}. ${advice}`);
