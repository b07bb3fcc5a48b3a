import { CupcheckError } from '../errors.js';
import { V4l2Camera } from '../hw/camera/v4l2-camera.js';
import { ReplayCamera } from '../hw/camera/replay-camera.js';
import { ScriptedTrigger } from '../hw/trigger/scripted-trigger.js';
import type { FrameRing } from '../native/frame-ring.js';
import type { Config } from './config/schema.js';
import type { Simulation } from './control/station-verbs.js';
import { readLatency, stampLag } from './latency/latency-file.js';
import type { Camera, Clock, Trigger } from './ports.js';
import { readPicture, SimulatedDevices } from './simulation.js';

export interface Devices {
  readonly camera: Camera;
  readonly trigger: Trigger;
  /** `null` at a station with real devices. */
  readonly simulation: Simulation | null;
}

/**
 * The devices that the config names. A driver that this version does not have is refused, never replaced.
 * Errors: CONFIG_INVALID, CALIBRATION_INVALID, PICTURE_UNREADABLE, PICTURE_SIZE.
 */
export async function openDevices(config: Config, ring: FrameRing, clock: Clock): Promise<Devices> {
  const { camera, trigger } = config;
  if (trigger.driver !== 'scripted') throw missing('trigger.driver', trigger.driver, 'scripted');
  const scripted = new ScriptedTrigger({
    clock,
    kind: trigger.kind,
    debounceMs: trigger.debounceMs,
    minGapMs: trigger.minGapMs,
  });
  if (camera.driver === 'v4l2')
    return { camera: await v4l2Camera(config, ring, clock), trigger: scripted, simulation: null };
  if (camera.replay.empty === null) {
    throw new CupcheckError(
      'CONFIG_INVALID',
      'camera.driver replay needs camera.replay.empty, a picture of the empty cup',
    );
  }
  const empty = await readPicture(camera.replay.empty, ring.slotBytes);
  const replay = new ReplayCamera({ ring, clock, fps: camera.fps, empty });
  return { camera: replay, trigger: scripted, simulation: new SimulatedDevices(replay, scripted, ring.slotBytes) };
}

/** The camera that the config names, with what is known of its latency. Errors: CALIBRATION_INVALID. */
async function v4l2Camera({ camera }: Config, ring: FrameRing, clock: Clock): Promise<Camera> {
  const { latencyFile, latencyMs, ...asked } = camera.v4l2;
  const mode = { ...asked, fps: camera.fps };
  const measured = latencyMs === null ? await readLatency(latencyFile) : null;
  return new V4l2Camera({ ring, clock, mode, lagOf: (device) => stampLag(device, mode, latencyMs, measured) });
}

function missing(key: string, given: string, has: string): CupcheckError {
  return new CupcheckError('CONFIG_INVALID', `${key} is ${given}: this version has no such driver, it has ${has}`);
}
