import { createHash } from 'node:crypto';
import { chmod, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import { readBounded } from '../../pipeline/bundle/read-bounded.js';
import { syncFolder } from '../bundles/durable-folder.js';
import { replaceFile, stationReads } from '../durable-file.js';
import { whileLocked } from '../folder-lock.js';
import {
  cupPattern,
  type GoldenRecord,
  type KeptBytes,
  maxGolden,
  maxPictureBytes,
  maxRecordBytes,
  parseGolden,
} from './golden-record.js';

const recordName = new RegExp(`^${cupPattern.slice(1, -1)}\\.json$`);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** What a file of pictures is known by. */
export const keptBytes = (bytes: Uint8Array): KeptBytes => ({ sha256: sha256(bytes), bytes: bytes.length });

export const pictureFile = (folder: string, cup: string): string => join(folder, `${cup}.jpg`);
/** The picture of the empty cup; golden pictures of the same calibration share it. */
export const emptyFile = (folder: string, digest: string): string => join(folder, `empty-${digest}.jpg`);
const recordFile = (folder: string, cup: string): string => join(folder, `${cup}.json`);

/** A picture with its record; or the record's file that cannot be read, with what is wrong. */
export type ListedGolden =
  | { readonly ok: true; readonly record: GoldenRecord }
  | { readonly ok: false; readonly cup: string; readonly problem: CupcheckError };

/** A file of the folder. Errors: GOLDEN_INVALID where it is missing, no plain file, too large, or not what its digest says. */
export async function readKept(path: string, { sha256: wanted, bytes }: KeptBytes): Promise<Buffer> {
  const content = await readBounded(path, maxPictureBytes, 'GOLDEN_INVALID', 'GOLDEN_INVALID');
  if (content.length === bytes && sha256(content) === wanted) return content;
  throw new CupcheckError('GOLDEN_INVALID', `${path} is not the picture that was kept: its digest differs`);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return [];
    throw new CupcheckError('GOLDEN_INVALID', `cannot read ${folder}: ${message}`, { cause });
  }
}

const cupsIn = async (folder: string): Promise<string[]> =>
  (await namesIn(folder)).filter((name) => recordName.test(name)).map((name) => name.slice(0, -'.json'.length));

/** How many golden pictures there are. Errors: GOLDEN_INVALID. */
export const countGolden = async (folder: string): Promise<number> => (await cupsIn(folder)).length;

/** Every golden picture by its record, the oldest cup first; the pictures are not read. Errors: GOLDEN_INVALID (more than there may be). */
export async function listGolden(folder: string): Promise<readonly ListedGolden[]> {
  const cups = await cupsIn(folder);
  if (cups.length > maxGolden)
    throw new CupcheckError('GOLDEN_INVALID', `${folder} holds ${cups.length} records, allowed are ${maxGolden}`);
  const listed: ListedGolden[] = [];
  for (const cup of cups) {
    const path = recordFile(folder, cup);
    try {
      const record = parseGolden(await readBounded(path, maxRecordBytes, 'GOLDEN_INVALID', 'GOLDEN_INVALID'), path);
      if (record.cup !== cup) throw new CupcheckError('GOLDEN_INVALID', `${path} is the record of ${record.cup}`);
      listed.push({ ok: true, record });
    } catch (thrown) {
      listed.push({ ok: false, cup, problem: asCupcheckError(thrown) });
    }
  }
  return listed;
}

/** Files that no record names: left by a command that was interrupted. */
async function tidy(folder: string): Promise<void> {
  const listed = await listGolden(folder);
  // What a damaged record names is not known.
  if (listed.some(({ ok }) => !ok)) return;
  const needed = new Set(
    listed.flatMap((one) => {
      if (!one.ok) return [];
      const { cup, scene } = one.record;
      return [`${cup}.json`, `${cup}.jpg`, ...(scene.empty === null ? [] : [`empty-${scene.empty.sha256}.jpg`])];
    }),
  );
  for (const name of await namesIn(folder))
    if (/\.(jpg|json)(\.new)?$/.test(name) && !needed.has(name)) await rm(join(folder, name));
  await syncFolder(folder);
}

const sameTruth = (a: GoldenRecord, b: GoldenRecord): boolean =>
  isDeepStrictEqual({ ...a, by: '', added: '', note: null }, { ...b, by: '', added: '', note: null });

/**
 * Keeps a picture with its truth. The record comes last and alone counts: after a power cut the picture is golden, whole, or it is not.
 * @param empty the bytes that `record.scene.empty` names
 * @returns `false` where it is there already, with this truth
 * @throws GOLDEN_BUSY; GOLDEN_REFUSED where it is there with another truth, or there are too many; GOLDEN_INVALID; STORAGE_FAULT
 */
export async function keepGolden(
  folder: string,
  record: GoldenRecord,
  picture: Uint8Array,
  empty: Uint8Array | null,
): Promise<boolean> {
  const path = recordFile(folder, record.cup);
  const text = `${JSON.stringify(record, null, 2)}\n`;
  if (text.length > maxRecordBytes) throw new CupcheckError('GOLDEN_REFUSED', `the record has ${text.length} bytes`);
  parseGolden(Buffer.from(text), path);
  return await whileLocked({ path: folder }, 'GOLDEN_BUSY', async () => {
    // Whatever the umask of who adds it: the station is another user.
    await chmod(folder, 0o755).catch((cause: Error) => {
      throw new CupcheckError('STORAGE_FAULT', `cannot change ${folder}: ${cause.message}`, { cause });
    });
    const listed = await listGolden(folder);
    const before = listed.find((one) => one.ok && one.record.cup === record.cup);
    if (before?.ok === true) {
      if (sameTruth(before.record, record)) return false;
      throw new CupcheckError('GOLDEN_REFUSED', `cup ${record.seq} is golden already, with another truth or question`);
    }
    if (listed.length >= maxGolden)
      throw new CupcheckError('GOLDEN_REFUSED', `${folder} holds ${listed.length} golden pictures, no more may be`);
    // It may have been made just now.
    await syncFolder(dirname(folder));
    await replaceFile(pictureFile(folder, record.cup), picture, stationReads);
    if (record.scene.empty !== null && empty !== null)
      await replaceFile(emptyFile(folder, record.scene.empty.sha256), empty, stationReads);
    await replaceFile(path, text, stationReads);
    await tidy(folder);
    return true;
  });
}

/**
 * Takes a golden picture away, damaged ones too.
 * @param meant the cup's id or seq
 * @returns its cup; `null` where there is none
 * @throws GOLDEN_BUSY, GOLDEN_REFUSED where more than one is meant, GOLDEN_INVALID, STORAGE_FAULT
 */
export async function removeGolden(folder: string, meant: string): Promise<string | null> {
  if ((await namesIn(folder)).length === 0) return null;
  return await whileLocked({ path: folder }, 'GOLDEN_BUSY', async () => {
    const found = (await listGolden(folder)).filter((one) =>
      one.ok ? one.record.cup === meant || String(one.record.seq) === meant : one.cup === meant,
    );
    const [first, ...others] = found.map((one) => (one.ok ? one.record.cup : one.cup));
    if (first === undefined) return null;
    if (others.length > 0)
      throw new CupcheckError('GOLDEN_REFUSED', `"${meant}" is more than one: ${[first, ...others].join(', ')}`);
    try {
      await rm(recordFile(folder, first));
      await tidy(folder);
    } catch (cause) {
      throw new CupcheckError('STORAGE_FAULT', `cannot remove ${recordFile(folder, first)}`, { cause });
    }
    return first;
  });
}
