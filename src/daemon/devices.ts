import { CupcheckError } from '../errors.js';
import { ReplayCamera } from '../hw/camera/replay-camera.js';
import { gpioTrigger } from '../hw/trigger/gpio-trigger.js';
import { ScriptedTrigger } from '../hw/trigger/scripted-trigger.js';
import type { FrameRing } from '../native/frame-ring.js';
import type { Config } from './config/schema.js';
import type { Simulation } from './control/station-verbs.js';
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
 * Errors: CONFIG_INVALID, PICTURE_UNREADABLE, PICTURE_SIZE.
 */
export async function openDevices(config: Config, ring: FrameRing, clock: Clock): Promise<Devices> {
  const { camera } = config;
  if (camera.driver !== 'replay') throw missing('camera.driver', camera.driver, 'replay');
  if (camera.replay.empty === null) {
    throw new CupcheckError(
      'CONFIG_INVALID',
      'camera.driver replay needs camera.replay.empty, a picture of the empty cup',
    );
  }
  const empty = await readPicture(camera.replay.empty, ring.slotBytes);
  const replay = new ReplayCamera({ ring, clock, fps: camera.fps, empty });
  const trigger = openTrigger(config, clock);
  const scripted = trigger instanceof ScriptedTrigger ? trigger : null;
  return { camera: replay, trigger, simulation: new SimulatedDevices(replay, scripted, ring.slotBytes) };
}

function openTrigger({ trigger }: Config, clock: Clock): Trigger {
  const { kind, debounceMs, dwellMs, minGapMs } = trigger;
  const timing = { clock, kind, debounceMs, dwellMs, minGapMs, stuckMs: trigger.stuckS * 1000 };
  switch (trigger.driver) {
    case 'gpiochip':
      return gpioTrigger({ ...timing, ...trigger.gpio });
    case 'scripted':
      return new ScriptedTrigger(timing);
    case 'sysfs':
      throw missing('trigger.driver', trigger.driver, 'gpiochip and scripted');
  }
}

function missing(key: string, given: string, has: string): CupcheckError {
  return new CupcheckError('CONFIG_INVALID', `${key} is ${given}: this version has no such driver, it has ${has}`);
}
