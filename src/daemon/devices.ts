import { ReplayCamera } from '../hw/camera/replay-camera.js';
import { ScriptedTrigger } from '../hw/trigger/scripted-trigger.js';
import type { FrameRing } from '../native/frame-ring.js';
import type { Config } from './config/schema.js';
import type { Simulation } from './control/station-verbs.js';
import { replayCamera, v4l2Camera } from './open-camera.js';
import { openTrigger } from './open-trigger.js';
import type { Camera, Clock, Trigger } from './ports.js';
import { SimulatedDevices } from './simulation.js';

export interface Devices {
  readonly camera: Camera;
  readonly trigger: Trigger;
  /** `null` at a station with a real camera. */
  readonly simulation: Simulation | null;
}

/** The devices that the config names. Errors: CONFIG_INVALID, CALIBRATION_INVALID, PICTURE_*. */
export async function openDevices(config: Config, ring: FrameRing, clock: Clock): Promise<Devices> {
  const open = config.camera.driver === 'v4l2' ? v4l2Camera : replayCamera;
  const camera = await open(config, ring, clock);
  const trigger = await openTrigger(config, camera, ring, clock);
  if (!(camera instanceof ReplayCamera)) return { camera, trigger, simulation: null };
  const scripted = trigger instanceof ScriptedTrigger ? trigger : null;
  return { camera, trigger, simulation: new SimulatedDevices(camera, scripted, ring.slotBytes) };
}
