import { readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type CalibrationConfig,
  calibrationFile,
  calibrationFolder,
  stationCalibration,
} from '../../daemon/calibration/station-calibration.js';
import { makeStationFolder, replaceFile, stationReads } from '../../daemon/durable-file.js';
import { CupcheckError } from '../../errors.js';
import { calibrationDigest, loadCalibration, type LoadedCalibration } from '../../pipeline/bundle/load-calibration.js';

/** Where a calibration is kept, and how a new one comes to count. */
export interface CalibrationPlace {
  /** What counts now; `null` = nothing that a new one could build on. Errors: CALIBRATION_INVALID, BUNDLE_STATE, GALLERY_INVALID. */
  kept(): Promise<LoadedCalibration | null>;
  /** Keeps the picture of the empty cup under a name of its own. Errors: STORAGE_FAULT. */
  keepPicture(name: string, jpeg: Uint8Array): Promise<void>;
  /**
   * Keeps a calibration, whose picture is kept already, so that a power cut leaves the old or the new one, whole.
   * @returns its file
   * @throws STORAGE_FAULT, and what lets it count
   */
  keep(text: string, referenceJpeg: Uint8Array | null): Promise<string>;
}

const pictureName = /^empty-[0-9a-f]{16}\.jpg$/;

async function remove(paths: readonly string[]): Promise<void> {
  for (const path of paths)
    await unlink(path).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOENT')
        throw new CupcheckError('STORAGE_FAULT', `the new calibration holds, but an old file stays: ${cause.message}`, {
          cause,
        });
    });
}

/** Errors: STORAGE_FAULT. */
async function keepFile(path: string, data: string | Uint8Array): Promise<void> {
  await makeStationFolder(dirname(path));
  await replaceFile(path, data, stationReads);
}

async function loadIfThere(path: string): Promise<LoadedCalibration | null> {
  try {
    return await loadCalibration(path);
  } catch (error) {
    const { cause } = error as CupcheckError;
    if (error instanceof CupcheckError && (cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return null;
    throw error;
  }
}

/** A file that the config names: whoever reads it finds the new one in its place. */
export function calibrationAt(path: string): CalibrationPlace {
  const folder = dirname(path);
  const kept = () => loadIfThere(path);
  return {
    kept,
    keepPicture: (name, jpeg) => keepFile(join(folder, name), jpeg),
    async keep(text) {
      const before = (await kept())?.calibration.reference ?? null;
      await keepFile(path, text);
      const now = (await kept())?.calibration.reference ?? null;
      if (before !== null && before !== now && pictureName.test(before)) await remove([join(folder, before)]);
      return path;
    },
  };
}

/** A process that is started again loads what it was started with: that must be there still. */
const keptBefore = 20;

/** The older ones go, and the pictures that none of the others names. Errors: STORAGE_FAULT. */
async function prune(folder: string, now: string): Promise<void> {
  const names = await readdir(folder);
  const dated = await Promise.all(
    names
      .filter((name) => /^[0-9a-f]{64}\.json$/.test(name) && name !== now)
      .map(async (name) => ({ name, ms: (await stat(join(folder, name))).mtimeMs })),
  );
  const old = dated.sort((a, b) => b.ms - a.ms).slice(keptBefore);
  if (old.length === 0) return;
  const gone = new Set(old.map(({ name }) => name));
  await remove([...gone].map((name) => join(folder, name)));
  const left = names.filter((name) => name.endsWith('.json') && !gone.has(name));
  const loaded = await Promise.all(left.map((name) => loadCalibration(join(folder, name)).catch(() => null)));
  const named = new Set(loaded.map((one) => one?.calibration.reference));
  // One that cannot be read may name any.
  if (loaded.every((one) => one !== null))
    await remove(names.filter((name) => pictureName.test(name) && !named.has(name)).map((name) => join(folder, name)));
}

/**
 * The station's own: each lies under its digest, and the one counts that `bundle-state.json` names.
 * @param use lets the one of that digest count
 */
export function stationCalibrationPlace(
  config: CalibrationConfig,
  use: (sha256: string) => Promise<unknown>,
): CalibrationPlace {
  const folder = calibrationFolder(config);
  return {
    kept: () =>
      stationCalibration(config).catch((error: unknown) => {
        // A new one is not written over it: who calibrates again is helped.
        if (error instanceof CupcheckError && error.code === 'CALIBRATION_INVALID') return null;
        throw error;
      }),
    keepPicture: (name, jpeg) => keepFile(join(folder, name), jpeg),
    async keep(text, referenceJpeg) {
      const sha256 = calibrationDigest(text, referenceJpeg);
      const path = calibrationFile(config, sha256);
      await keepFile(path, text);
      await use(sha256);
      await prune(folder, `${sha256}.json`);
      return path;
    },
  };
}
