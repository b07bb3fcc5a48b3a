import { constants } from 'node:os';
import type { Config } from '../../daemon/config/schema.js';
import type { Finding } from '../../daemon/control/station-verbs.js';
import { readLatency, stampLag } from '../../daemon/latency/latency-file.js';
import { captureMode } from '../../daemon/open-camera.js';
import { unprovenFrames } from '../../daemon/runtime-findings.js';
import type { HeldFrame } from '../../daemon/ports.js';
import type { StationStatus } from '../../daemon/status.js';
import { systemClock } from '../../daemon/system-clock.js';
import { CupcheckError } from '../../errors.js';
import { V4l2Camera } from '../../hw/camera/v4l2-camera.js';
import { callNative, errnoOf } from '../../native/addon.js';
import { FrameRing } from '../../native/frame-ring.js';
import { type CallCapture, type CaptureFormat, type DeviceDescription, describeDevice } from '../../native/v4l2.js';
import { counted, ms } from '../layout.js';
import { untilStreaming } from '../until-streaming.js';
import { fail, failed, ok, warn } from './finding.js';

/**
 * What the configured V4L2 camera offers, and whether it does what the config asks: opened and set as the station does it
 * at its start, up to a first frame, unless the station itself has it.
 * @param status the running station's; `null` where none answers
 * @param call how the addon is called; tests give one that has a driver of their own
 */
export async function camera(
  { camera: asked }: Pick<Config, 'camera'>,
  status: StationStatus | null,
  call: CallCapture = callNative,
): Promise<Finding[]> {
  if (asked.driver !== 'v4l2') return [];
  const { device, controls } = asked.v4l2;
  const held = status?.camera.driver === 'v4l2';
  if (held && status.camera.state === 'streaming')
    return [ok('camera modes', `the station has ${device} and streams from it: it is not opened here`)];
  try {
    const before = describeDevice(device, call);
    const modes = offered(before, asked.v4l2.format);
    // The station opens it again and again, and its own findings say why it cannot.
    if (held) return [modes, ...controlFindings(before, controls)];
    const known = controls.filter((wish) => controlOf(before, wish) !== undefined);
    const tried = await trial(asked, known, call);
    return [modes, ...tried, ...controlFindings(describeDevice(device, call), controls)];
  } catch (error) {
    return refusal(error, device);
  }
}

const fourcc: Readonly<Record<CaptureFormat, string>> = { mjpeg: 'MJPG', yuyv: 'YUYV', nv12: 'NV12', grey: 'GREY' };

/** What the device lists. */
function offered({ card, modes }: DeviceDescription, format: CaptureFormat): Finding {
  const sizes = modes.filter((mode) => mode.format === fourcc[format]);
  const others = [...new Set(modes.map((mode) => mode.format))].filter((name) => name !== fourcc[format]);
  if (sizes.length === 0) {
    const detail = `${card} has no ${format} (${fourcc[format]}); it has ${others.join(', ') || 'no format at all'}`;
    return fail('camera modes', detail, 'Set camera.v4l2.format to one that it has: cupcheck camera list.');
  }
  const list = sizes.map(({ width, height, rates }) => {
    const at = rates.length === 0 ? '' : ` at ${rates.map((fps) => Number(fps.toFixed(2))).join(', ')} a second`;
    return `${width}×${height}${at}`;
  });
  const also = others.length === 0 ? '' : `; also ${others.join(', ')}`;
  return ok('camera modes', `${card}: ${format} ${list.join('; ')}${also}`);
}

/** One start of the camera, as the station makes it. */
async function trial(asked: Config['camera'], controls: readonly string[], call: CallCapture): Promise<Finding[]> {
  const { latencyFile, latencyMs, silenceMs, device } = asked.v4l2;
  const mode = { ...captureMode(asked), controls };
  const measured = latencyMs === null ? await readLatency(latencyFile) : null;
  const ring = FrameRing.create({ slots: 2, slotBytes: asked.slotBytes });
  const tried = new V4l2Camera({
    ring,
    clock: systemClock,
    mode,
    lagOf: (opened) => stampLag(opened, mode, latencyMs, measured),
    call,
  });
  try {
    const began = performance.now();
    await untilStreaming(tried);
    (await firstFrame(tried, device, silenceMs + slackMs)).release();
    const tookMs = performance.now() - began;
    const detail = `${mode.format} ${mode.width}×${mode.height} at ${mode.fps} a second is taken, the first frame came after ${ms(tookMs)}`;
    const { unproven } = tried;
    return [ok('camera', detail), ...(unproven === null ? [] : [{ check: 'latency', ...unprovenFrames(unproven) }])];
  } catch (error) {
    return refusal(error, device);
  } finally {
    await tried.stop();
    ring.close();
  }
}

/** Longer than the capture needs to tell that the camera is silent. */
const slackMs = 1000;

/** Errors: CAMERA_*, FRAME_*. */
async function firstFrame(tried: V4l2Camera, device: string, patienceMs: number): Promise<HeldFrame> {
  const patience = AbortSignal.timeout(patienceMs);
  try {
    return await tried.after(0n, patience);
  } catch (cause) {
    if (cause !== patience.reason) throw cause;
    const came = `${counted(tried.framesSeen, 'frame')} came, ${tried.framesDamaged} of them broken`;
    throw new CupcheckError('FRAME_TIMEOUT', `${device} gave no whole frame within ${patienceMs} ms: ${came}`, {
      cause,
    });
  }
}

type Control = DeviceDescription['controls'][number];

/** "name=value", as the config has it. */
function wishOf(text: string): { readonly name: string; readonly value: string } {
  const equals = text.indexOf('=');
  return { name: text.slice(0, equals), value: text.slice(equals + 1) };
}

const controlOf = ({ controls }: DeviceDescription, wish: string): Control | undefined =>
  controls.find(({ name }) => name === wishOf(wish).name);

/** Numbers, true and false, and labels of a menu, as the addon takes them. */
function reads({ value, entries }: Control, wanted: string): boolean {
  const number = wanted === 'true' ? '1' : wanted === 'false' ? '0' : wanted;
  return String(value) === number || entries.includes(`${value}: ${wanted}`);
}

/** A switch that lets the camera change its picture by itself; an automatic exposure is told with the latency. */
const steers = ({ name, value, low, high }: Control): boolean =>
  low === 0 && high === 1 && value === 1 && /(^|_)auto(matic)?(_|$)/.test(name);

/** Whether each configured control exists and reads as configured, and what changes by itself. */
function controlFindings(description: DeviceDescription, wishes: readonly string[]): Finding[] {
  const found = wishes.flatMap((wish): Finding[] => {
    const { name, value } = wishOf(wish);
    const control = controlOf(description, wish);
    if (control === undefined) {
      const names = description.controls.map((each) => each.name).join(', ') || 'none';
      const help = `Take it out of camera.v4l2.controls, or name one that it has: ${names}.`;
      return [fail('camera controls', `${description.card} has no control ${name}`, help)];
    }
    if (reads(control, value)) return [];
    const help = 'The station sets it when it starts, and is in fault where it does not take: cupcheck camera list.';
    return [warn('camera controls', `${name} is to be ${value} and reads ${control.value}`, help)];
  });
  const automatic = description.controls.filter(steers).map(({ name }) => name);
  if (automatic.length > 0) {
    const detail = `the camera steers by itself: ${automatic.join(', ')}`;
    const help = `Fix it, so that each cup is seen alike: camera.v4l2.controls: [${automatic.map((name) => `${name}=0`).join(', ')}, …].`;
    found.push(warn('camera controls', detail, help));
  }
  if (found.length > 0) return found;
  const all = wishes.length === 0 ? 'none is configured, and none steers by itself' : `${wishes.join(', ')}: read back`;
  return [ok('camera controls', all)];
}

/** Why it cannot be opened or set. */
function refusal(error: unknown, device: string): Finding[] {
  const errno = errnoOf(error);
  if (errno === null) return [failed('camera', error)];
  switch (errno) {
    case constants.errno.ENOENT:
      // `camera device` has said so.
      return [];
    case constants.errno.EBUSY: {
      const help = `If that is the station, see how it is: systemctl status cupcheck. Else stop it: sudo fuser -v ${device}.`;
      return [fail('camera', `another program has ${device}`, help)];
    }
    case constants.errno.EACCES:
    case constants.errno.EPERM: {
      const help = 'Ask again with sudo. Whether the station may open it is told by camera permission.';
      return [warn('camera', `you may not open ${device}: it is not tried`, help)];
    }
    default:
      return [failed('camera', error)];
  }
}
