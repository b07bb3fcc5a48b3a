import { readFile } from 'node:fs/promises';
import { CupcheckError } from '../../errors.js';
import type { StampLag } from '../../hw/camera/v4l2-camera.js';
import type { CaptureMode, OpenedDevice } from '../../native/v4l2.js';
import { replaceFile, stationReads } from '../durable-file.js';
import type { MeasuredLatency } from './measure-latency.js';

/** What was measured, and on which camera in which mode: in another it says nothing. */
export interface LatencyFile {
  readonly schema: 1;
  /** UTC ISO 8601. */
  readonly at: string;
  readonly camera: {
    readonly driver: string;
    readonly card: string;
    readonly format: string;
    readonly width: number;
    readonly height: number;
    readonly fps: number;
    /** The exposure while it was measured, µs; `null` where the driver does not tell it. */
    readonly exposureUs: number | null;
  };
  readonly measured: MeasuredLatency;
}

const nsPerMs = 1e6;
const nsPerUs = 1000n;

type Mode = Pick<CaptureMode, 'format' | 'width' | 'height' | 'fps'>;

export const cameraOf = ({ driver, card, exposure, exposureNs }: OpenedDevice, mode: Mode): LatencyFile['camera'] => ({
  driver,
  card,
  format: mode.format,
  width: mode.width,
  height: mode.height,
  fps: mode.fps,
  exposureUs: exposure === 'fixed' ? Number(exposureNs / nsPerUs) : null,
});

/**
 * The lag of a device's stamps: the latency and the exposure that it has now. The latency was measured with the exposure
 * of then in it, which is taken out where the driver told it.
 * @param givenMs `camera.v4l2.latencyMs`, which counts before what was measured
 */
export function stampLag(
  device: OpenedDevice,
  mode: Mode,
  givenMs: number | null,
  measured: LatencyFile | null,
): StampLag {
  if (device.exposure === 'automatic')
    return {
      unknown: 'the exposure is automatic: fix it in camera.v4l2.controls (auto_exposure=1, exposure_time_absolute=…)',
    };
  if (givenMs !== null) return { lagNs: BigInt(Math.ceil(givenMs * nsPerMs)) + device.exposureNs };
  if (measured === null) return { unknown: 'the latency of the camera is not measured' };
  const now = cameraOf(device, mode);
  const then = measured.camera;
  for (const key of ['driver', 'card', 'format', 'width', 'height', 'fps'] as const) {
    if (now[key] !== then[key])
      return {
        unknown: `the latency was measured with ${key} ${String(then[key])}, the camera has ${String(now[key])} now`,
      };
  }
  if ((now.exposureUs === null) !== (then.exposureUs === null))
    return {
      unknown: 'the latency was measured with a driver that told its exposure, or did not: now it is the other way',
    };
  const total = BigInt(Math.ceil(measured.measured.worstMs * nsPerMs));
  const longer = BigInt((now.exposureUs ?? 0) - (then.exposureUs ?? 0)) * nsPerUs;
  return { lagNs: total + (longer > 0n ? longer : 0n) };
}

/** What is kept at `path`; `null` where nothing is. Errors: CALIBRATION_INVALID. */
export async function readLatency(path: string): Promise<LatencyFile | null> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new CupcheckError('CALIBRATION_INVALID', `${path} cannot be read`, { cause });
  }
  return parseLatency(text, path);
}

/** Writes it so that a power cut leaves the old or the new one, whole. Errors: STORAGE_FAULT. */
export async function keepLatency(path: string, latency: LatencyFile): Promise<void> {
  await replaceFile(path, `${JSON.stringify(latency, null, 2)}\n`, stationReads);
}

const maxBytes = 65_536;
const maxMs = 10_000;

/** Errors: CALIBRATION_INVALID naming the field. */
export function parseLatency(text: string, path: string): LatencyFile {
  const wrong = (what: string): CupcheckError =>
    new CupcheckError('CALIBRATION_INVALID', `${path}: ${what}. Measure again: cupcheck calibrate latency`);
  if (text.length > maxBytes) throw wrong(`it has ${text.length} characters`);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw new CupcheckError('CALIBRATION_INVALID', `${path} is not JSON`, { cause });
  }
  const record = (value: unknown, name: string): Readonly<Record<string, unknown>> => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Readonly<Record<string, unknown>>;
    throw wrong(`${name} is no JSON object`);
  };
  const word = (from: Readonly<Record<string, unknown>>, key: string): string => {
    const value = from[key];
    if (typeof value === 'string' && value.length <= 200) return value;
    throw wrong(`${key} is ${String(value)}, wanted a text`);
  };
  const number = (from: Readonly<Record<string, unknown>>, key: string, max: number): number => {
    const value = from[key];
    if (typeof value === 'number' && value >= 0 && value <= max) return value;
    throw wrong(`${key} is ${String(value)}, wanted 0 to ${max}`);
  };
  const { schema, camera: cameraValue, measured: measuredValue, ...rest } = record(document, 'it');
  if (schema !== 1) throw wrong(`schema is ${String(schema)}, wanted 1`);
  const camera = record(cameraValue, 'camera');
  const measured = record(measuredValue, 'measured');
  return {
    schema,
    at: word(rest, 'at'),
    camera: {
      driver: word(camera, 'driver'),
      card: word(camera, 'card'),
      format: word(camera, 'format'),
      width: number(camera, 'width', 8192),
      height: number(camera, 'height', 8192),
      fps: number(camera, 'fps', 1000),
      exposureUs: camera['exposureUs'] === null ? null : number(camera, 'exposureUs', 10_000_000),
    },
    measured: {
      worstMs: number(measured, 'worstMs', maxMs),
      leastMs: number(measured, 'leastMs', maxMs),
      toggles: number(measured, 'toggles', 10_000),
      cells: number(measured, 'cells', 100_000),
    },
  };
}
