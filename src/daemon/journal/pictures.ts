import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, posix } from 'node:path';
import type { Logger } from 'pino';

export interface PictureLimits {
  /** Folder of the pictures. */
  readonly folder: string;
  /** Bytes beyond which the oldest pictures go. */
  readonly maxBytes: number;
  /** Pictures that may wait to be written; more are dropped and counted. */
  readonly maxWaiting: number;
}

/** What became of pictures since the start. */
export interface PictureCounts {
  readonly written: number;
  /** Not written, because too many waited or the disk refused them. */
  readonly dropped: number;
  /** Removed to stay within the budget. */
  readonly pruned: number;
}

export const pictureDigest = (jpeg: Uint8Array): string => createHash('sha256').update(jpeg).digest('hex');

/** Where a cup's picture will lie (below the folder of pictures, a folder a day) and its digest: part of the draft. */
export function pictureRef(cup: string, jpeg: Uint8Array, utc: Date): { sha256: string; path: string } {
  return { sha256: pictureDigest(jpeg), path: `${utc.toISOString().slice(0, 10)}/${cup}.jpg` };
}

/** Relative, at most four names deep, no name beginning with a dot. */
export const insideFolder = /^[\w-][\w.-]{0,99}(\/[\w-][\w.-]{0,99}){0,3}$/;
const isTemporary = (path: string): boolean => /^\..*\.tmp$/.test(basename(path));

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** `null` where something is gone, or not empty, that may well be so: somebody else tidies up too. */
const unless = <T>(codes: readonly string[], work: Promise<T>): Promise<T | null> =>
  work.catch((error: NodeJS.ErrnoException) => {
    if (codes.includes(error.code ?? '')) return null;
    throw error;
  });

interface StoredPicture {
  readonly path: string;
  readonly bytes: number;
}

/** Writes pictures one after another, after the light. A lost picture is not a lost result: failures are logged and counted. */
export class PictureStore {
  readonly #limits: PictureLimits;
  readonly #log: Logger;
  #waiting = 0;
  #counts: PictureCounts = { written: 0, dropped: 0, pruned: 0 };
  /** Bytes of the folder; `null` = to be measured, at the first picture and after each failure. */
  #bytes: number | null = null;
  #tail: Promise<void> = Promise.resolve();

  constructor(limits: PictureLimits, log: Logger) {
    this.#limits = limits;
    this.#log = log;
  }

  get counts(): PictureCounts {
    return this.#counts;
  }

  save(path: string, picture: Uint8Array): void {
    if (!insideFolder.test(path)) {
      this.#drop(path, new Error('the path of a picture stays below the folder of pictures'));
      return;
    }
    if (this.#waiting >= this.#limits.maxWaiting) {
      this.#drop(path, new Error(`${this.#waiting} pictures wait to be written already`));
      return;
    }
    this.#waiting += 1;
    this.#tail = this.#tail
      .then(() => this.#write(path, picture))
      .catch((error: unknown) => {
        this.#bytes = null;
        this.#drop(path, error);
      })
      .then(() => this.#keepBudget())
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  /** Resolves when every picture given so far is written or dropped. */
  async settled(): Promise<void> {
    await this.#tail;
  }

  #drop(path: string, error: unknown): void {
    this.#counts = { ...this.#counts, dropped: this.#counts.dropped + 1 };
    this.#log.warn({ err: error, path, dropped: this.#counts.dropped }, 'a picture was not written');
  }

  async #write(path: string, picture: Uint8Array): Promise<void> {
    this.#bytes ??= await this.#measure();
    const target = join(this.#limits.folder, path);
    const temporary = join(dirname(target), `.${posix.basename(path)}.tmp`);
    await mkdir(dirname(target), { recursive: true, mode: 0o750 });
    try {
      const file = await open(temporary, 'w', 0o640);
      try {
        await file.writeFile(picture);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, target);
    } catch (error) {
      // A full disk must not keep the half that it took.
      await rm(temporary, { force: true });
      throw error;
    }
    await syncFolder(dirname(target));
    this.#bytes += picture.byteLength;
    this.#counts = { ...this.#counts, written: this.#counts.written + 1 };
  }

  /** Down to nine tenths of the budget, so that it does not run for every picture. */
  async #keepBudget(): Promise<void> {
    if (this.#bytes === null || this.#bytes <= this.#limits.maxBytes) return;
    try {
      this.#bytes = await this.#prune();
    } catch (error) {
      this.#bytes = null;
      this.#log.warn({ err: error }, 'old pictures could not be removed');
    }
  }

  /** Oldest first; names are time-ordered (a folder a day, UUID v7). */
  async #list(): Promise<readonly StoredPicture[]> {
    const names = await readdir(this.#limits.folder, { recursive: true });
    const files: StoredPicture[] = [];
    for (const name of names.sort()) {
      const path = join(this.#limits.folder, name);
      const found = await unless(['ENOENT'], stat(path));
      if (found?.isFile() === true) files.push({ path, bytes: found.size });
    }
    return files;
  }

  /** What lies there, without the halves that a power cut left. */
  async #measure(): Promise<number> {
    await mkdir(this.#limits.folder, { recursive: true, mode: 0o750 });
    let bytes = 0;
    for (const file of await this.#list()) {
      if (isTemporary(file.path)) await rm(file.path, { force: true });
      else bytes += file.bytes;
    }
    return bytes;
  }

  /** Returns the bytes that remain. */
  async #prune(): Promise<number> {
    const files = await this.#list();
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    for (const file of files) {
      if (bytes <= this.#limits.maxBytes * 0.9) break;
      await rm(file.path, { force: true });
      bytes -= file.bytes;
      this.#counts = { ...this.#counts, pruned: this.#counts.pruned + 1 };
      // Days whose pictures are gone go too.
      const day = dirname(file.path);
      if (day !== this.#limits.folder) await unless(['ENOTEMPTY', 'EEXIST', 'ENOENT'], rmdir(day));
    }
    return bytes;
  }
}
