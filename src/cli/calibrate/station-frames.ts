import { CupcheckError } from '../../errors.js';
import { decodeJpeg } from '../../native/jpeg.js';
import { glanceAt } from '../../pipeline/glance.js';
import { changeBetween } from '../../pipeline/same-cup.js';
import type { Cli } from '../cli.js';
import { type PictureFile, readPictureFile } from '../read-picture.js';

/** Two pictures of a thing at rest differ by less than this, levels of 255: the bundle’s own limit is 4. */
const MAX_CHANGE = 3;

/** A fresh picture of the running station's camera. Errors: NO_DAEMON, STATION_BUSY, and those of the camera. */
export async function stationFrame(ask: Cli['ask']): Promise<PictureFile> {
  const parts: string[] = [];
  const onEvent = (event: unknown): void => {
    if (typeof event === 'object' && event !== null && 'part' in event && typeof event.part === 'string')
      parts.push(event.part);
  };
  await ask('camera.frame', {}, { onEvent, timeoutMs: 15_000 });
  const jpeg = Buffer.from(parts.join(''), 'base64');
  return { jpeg, picture: decodeJpeg(jpeg) };
}

/**
 * The picture to calibrate by: a file, or the running station's camera, which must give the same picture twice.
 * @throws PICTURE_*, CALIBRATION_FAILED where something moves under the camera
 */
export async function pictureToCalibrateBy(file: string | undefined, cli: Cli): Promise<PictureFile> {
  if (file !== undefined) return readPictureFile(file);
  const ask: Cli['ask'] = (verb, params, options) => cli.ask(verb, params, options);
  const first = await stationFrame(ask);
  const second = await stationFrame(ask);
  const change = changeBetween(glanceAt(first.picture), glanceAt(second.picture));
  if (change > MAX_CHANGE)
    throw new CupcheckError(
      'CALIBRATION_FAILED',
      `two pictures differ by ${change.toFixed(1)} levels, allowed ${String(MAX_CHANGE)}: something moves, or the light flickers`,
    );
  return second;
}
