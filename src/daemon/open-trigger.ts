import { CupcheckError } from '../errors.js';
import { CameraTrigger } from '../hw/trigger/camera-trigger.js';
import { gpioTrigger } from '../hw/trigger/gpio-trigger.js';
import { ScriptedTrigger } from '../hw/trigger/scripted-trigger.js';
import type { FrameRing } from '../native/frame-ring.js';
import { loadCalibration } from '../pipeline/bundle/load-calibration.js';
import { type Glance, glanceAt, glanceAtJpeg, glanceAtJpegAside } from '../pipeline/glance.js';
import { changeBetween } from '../pipeline/same-cup.js';
import type { Config } from './config/schema.js';
import type { Camera, Clock, FrameRef, Trigger } from './ports.js';
import { readPicture } from './simulation.js';

/** A trigger that looks through the camera is blind after so many of `station.frameTimeoutMs`. */
const blindAfterTimeouts = 5;

/** The trigger that the config names. Errors: CONFIG_INVALID, CALIBRATION_INVALID, PICTURE_*. */
export async function openTrigger(config: Config, camera: Camera, ring: FrameRing, clock: Clock): Promise<Trigger> {
  const { trigger } = config;
  const { kind, debounceMs, dwellMs, minGapMs } = trigger;
  const timing = { clock, kind, debounceMs, dwellMs, minGapMs, stuckMs: trigger.stuckS * 1000 };
  if (trigger.driver === 'scripted') return new ScriptedTrigger(timing);
  if (trigger.driver === 'gpiochip') return gpioTrigger({ ...timing, ...trigger.gpio });
  if (trigger.driver === 'camera') {
    return new CameraTrigger({
      ...timing,
      camera,
      presence: trigger.camera,
      empty: await emptyPlace(config, ring.slotBytes),
      thumbOf: (frame) => glanceAtFrame(frame, ring.view(frame.slot, frame.generation, frame.bytes)),
      difference: changeBetween,
      everyMs: trigger.camera.everyMs,
      patienceMs: config.station.frameTimeoutMs * blindAfterTimeouts,
    });
  }
  const { line, activeLow } = trigger.sysfs;
  if (line === null) throw new CupcheckError('CONFIG_INVALID', 'trigger.driver sysfs needs trigger.sysfs.line');
  // Loaded here alone: its addon is of no use to other drivers, and must not keep them from starting.
  const { sysfsTrigger } = await import('../hw/trigger/sysfs-trigger.js');
  return sysfsTrigger({ ...timing, line, activeLow });
}

/** Errors: CONFIG_INVALID, CALIBRATION_INVALID, PICTURE_UNREADABLE, PICTURE_CORRUPT, PICTURE_SIZE. */
async function emptyPlace({ trigger, calibration }: Config, maxBytes: number): Promise<Glance> {
  if (trigger.camera.empty !== null) return glanceAtJpeg(await readPicture(trigger.camera.empty, maxBytes));
  const jpeg = calibration.path === null ? null : (await loadCalibration(calibration.path)).referenceJpeg;
  if (jpeg !== null) return glanceAtJpeg(jpeg);
  const text =
    'trigger.driver camera needs a picture without a cup, and the calibration has none: set trigger.camera.empty, or take one by cupcheck calibrate';
  throw new CupcheckError('CONFIG_INVALID', text);
}

async function glanceAtFrame({ encoding, width, height, stride }: FrameRef, data: Uint8Array): Promise<Glance> {
  return encoding === 'jpeg' ? glanceAtJpegAside(data) : glanceAt({ format: encoding, width, height, stride, data });
}
