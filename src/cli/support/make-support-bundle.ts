import { resolve } from 'node:path';
import { keys } from '../../daemon/config/keys.js';
import type { LoadedConfig } from '../../daemon/config/load.js';
import { replaceFile } from '../../daemon/durable-file.js';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import { requireFilePlace, systemReason } from '../file-place.js';
import { amberPictures } from './amber-pictures.js';
import { manifestText } from './manifest-text.js';
import { packParts } from './pack-parts.js';
import { type LeftOut, makePart, type Part } from './part.js';
import { lastAmbers, partPlans, settingOf } from './plans.js';

export interface SupportOptions {
  /** The file to write; `null` = STATION-MOMENT.tar.gz in the working folder. */
  readonly out: string | null;
  /** Ambers whose results go in. */
  readonly last: number;
  readonly pictures: boolean;
  readonly at: Date;
  readonly signal: AbortSignal;
  /** What is being made. */
  readonly onStep: (name: string) => void;
}

export interface SupportBundle {
  readonly file: string;
  readonly bytes: number;
  readonly parts: readonly { readonly name: string; readonly bytes: number }[];
  readonly leftOut: readonly LeftOut[];
}

/** What no support bundle holds. */
const never = (): LeftOut[] => [
  {
    what: 'secrets',
    why: `values of ${keys.flatMap(({ name, key }) => (key.sensitive ? [name] : [])).join(', ')}, the files that they name, and what looks like a password, a token or a private key in a text`,
  },
  { what: 'the config file itself', why: 'its comments may hold anything' },
  { what: 'the journal itself', why: 'it may be large; the last ambers are in ambers.jsonl' },
  { what: 'networks and what was taught', why: 'they are large: versions.json names the bundle by its digest' },
];

async function picturesOf(
  loaded: LoadedConfig,
  { pictures, last, signal }: SupportOptions,
): Promise<{ readonly parts: readonly Part[]; readonly leftOut: readonly LeftOut[] }> {
  if (!pictures) return { parts: [], leftOut: [{ what: 'pictures', why: 'not asked for: --pictures' }] };
  try {
    return await amberPictures(settingOf(loaded, 'images.path'), lastAmbers(loaded, last), signal);
  } catch (thrown) {
    signal.throwIfAborted();
    return { parts: [], leftOut: [{ what: 'pictures', why: asCupcheckError(thrown).message }] };
  }
}

/** "20261128T190000Z" */
const stampOf = (at: Date): string => at.toISOString().replace(/\.\d+/, '').replace(/[-:]/g, '');

/**
 * Gathers what somebody needs who helps from afar, with a running station or without, and writes it as one file that its owner alone can
 * read. What cannot be had is left out, and said. Errors: USAGE where the file cannot be written; the signal's.
 */
export async function makeSupportBundle(loaded: LoadedConfig, options: SupportOptions): Promise<SupportBundle> {
  const { out, last, at, signal, onStep } = options;
  const parts: Part[] = [];
  const leftOut: LeftOut[] = [];
  const station = settingOf(loaded, 'station.name');
  const folder = `${station}-${stampOf(at)}`;
  const file = resolve(out ?? `${folder}.tar.gz`);
  await requireFilePlace(file, 'the support bundle');
  for (const plan of partPlans(loaded, last)) {
    onStep(plan.name);
    const made = await makePart(plan, signal);
    if (made.part !== null) parts.push(made.part);
    leftOut.push(...made.leftOut);
  }
  onStep('pictures');
  const pictures = await picturesOf(loaded, options);
  parts.push(...pictures.parts);
  leftOut.push(...pictures.leftOut, ...never());
  const stationAnswers = parts.some(({ name }) => name === 'status.json');
  const manifest = Buffer.from(manifestText({ station, at, stationAnswers }, parts, leftOut));
  onStep('writing');
  const packed = await packParts(folder, [{ name: 'MANIFEST.txt', bytes: manifest }, ...parts]);
  signal.throwIfAborted();
  await replaceFile(file, packed, 0o600).catch((thrown: CupcheckError) => {
    const why = `the support bundle ${file} cannot be written: ${systemReason(thrown.cause)}. Name another place`;
    throw new CupcheckError('USAGE', why, { cause: thrown });
  });
  const sizes = [{ name: 'MANIFEST.txt', bytes: manifest }, ...parts].map(({ name, bytes }) => ({
    name,
    bytes: bytes.length,
  }));
  return { file, bytes: packed.length, parts: sizes, leftOut };
}
