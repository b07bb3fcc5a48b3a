import { parentPort, workerData } from 'node:worker_threads';
import { decodeJpeg } from '../../native/jpeg.js';
import { glanceAt } from '../../pipeline/glance.js';
import type { ComparedPictures, PicturesToCompare } from './compare-aside.js';
import { compareToEmptyCup } from './empty-cup.js';

/** Compares two pictures on a thread of its own: it takes a tenth of a second, and core's loop owns the deadlines. */
if (parentPort === null) throw new Error('the comparison runs as a worker thread only');
const { reference, picture, zone } = workerData as PicturesToCompare;
const [then, now] = [decodeJpeg(reference), decodeJpeg(picture)];
const compared: ComparedPictures = {
  sizes: [then, now].map(({ width, height }) => `${width}×${height}`) as [string, string],
  exposures: [glanceAt(then).exposure, glanceAt(now).exposure],
  comparison: then.width === now.width && then.height === now.height ? compareToEmptyCup(then, now, zone) : null,
};
parentPort.postMessage(compared);
