import { readFile, stat } from 'node:fs/promises';
import { CupcheckError } from '../errors.js';
import type { ReplayCamera } from '../hw/camera/replay-camera.js';
import type { ScriptedTrigger } from '../hw/trigger/scripted-trigger.js';
import type { SimulatedFault, Simulation } from './control/station-verbs.js';

/** How far a simulated late camera lags: more than any settling time. */
const staleLagMs = 5000;

/** Places and removes cups at a station whose camera is simulated; a real sensor has to notice them by itself. */
export class SimulatedDevices implements Simulation {
  readonly #camera: ReplayCamera;
  readonly #trigger: ScriptedTrigger | null;
  readonly #slotBytes: number;

  constructor(camera: ReplayCamera, trigger: ScriptedTrigger | null, slotBytes: number) {
    this.#camera = camera;
    this.#trigger = trigger;
    this.#slotBytes = slotBytes;
  }

  async place(picturePath: string): Promise<void> {
    this.#camera.show(await readPicture(picturePath, this.#slotBytes));
    this.#trigger?.place();
  }

  remove(): Promise<void> {
    this.#trigger?.remove();
    this.#camera.showEmpty();
    return Promise.resolve();
  }

  camera(fault: SimulatedFault): Promise<void> {
    const camera = this.#camera;
    switch (fault) {
      case 'unplug':
        camera.unplug();
        break;
      case 'replug':
        camera.replug();
        break;
      case 'freeze':
        camera.freeze();
        break;
      case 'stale':
        camera.stale(staleLagMs);
        break;
      case 'dark':
        camera.darken();
        break;
      case 'normal':
        camera.normal();
        break;
    }
    return Promise.resolve();
  }
}

/** A picture file, bounded before it is read. Errors: PICTURE_UNREADABLE, PICTURE_SIZE. */
export async function readPicture(path: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const { size } = await stat(path);
    if (size > maxBytes) {
      throw new CupcheckError('PICTURE_SIZE', `${path} has ${size} bytes, at most ${maxBytes} fit (camera.slotBytes)`);
    }
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof CupcheckError) throw cause;
    throw new CupcheckError('PICTURE_UNREADABLE', `cannot read ${path}`, { cause });
  }
}
