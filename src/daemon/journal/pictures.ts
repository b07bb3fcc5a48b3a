import { createHash } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import type { Logger } from 'pino';

export interface PictureLimits {
  /** Folder of the pictures. */
  readonly folder: string;
  /** Bytes beyond which the oldest pictures go. */
  readonly maxBytes: number;
  /** Pictures that may wait to be written; more are dropped and counted. */
  readonly maxWaiting: number;
}

/** Where a cup's picture will lie (below the folder of pictures, a folder a day) and its digest: part of the draft. */
export function pictureRef(cup: string, jpeg: Uint8Array, utc: Date): { sha256: string; path: string } {
  const sha256 = createHash('sha256').update(jpeg).digest('hex');
  return { sha256, path: `${utc.toISOString().slice(0, 10)}/${cup}.jpg` };
}

/** Relative, at most four names deep, no name beginning with a dot. */
const insideFolder = /^[\w-][\w.-]{0,99}(\/[\w-][\w.-]{0,99}){0,3}$/;

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Writes pictures one after another, after the light. A lost picture is not a lost result: failures are logged and counted. */
export class PictureStore {
  readonly #limits: PictureLimits;
  readonly #log: Logger;
  #waiting = 0;
  #dropped = 0;
  #bytes: number | null = null;
  #tail: Promise<void> = Promise.resolve();

  constructor(limits: PictureLimits, log: Logger) {
    this.#limits = limits;
    this.#log = log;
  }

  /** Pictures that were not written, because too many waited or the disk refused them. */
  get dropped(): number {
    return this.#dropped;
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
      .catch((error: unknown) => this.#drop(path, error))
      .finally(() => {
        this.#waiting -= 1;
      });
  }

  /** Resolves when every picture given so far is written or dropped. */
  async settled(): Promise<void> {
    await this.#tail;
  }

  #drop(path: string, error: unknown): void {
    this.#dropped += 1;
    this.#log.warn({ err: error, path, dropped: this.#dropped }, 'a picture was not written');
  }

  async #write(path: string, picture: Uint8Array): Promise<void> {
    this.#bytes ??= await this.#measure();
    const target = join(this.#limits.folder, path);
    const temporary = join(dirname(target), `.${posix.basename(path)}.tmp`);
    await mkdir(dirname(target), { recursive: true, mode: 0o750 });
    const file = await open(temporary, 'w', 0o640);
    try {
      await file.writeFile(picture);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
    await syncFolder(dirname(target));
    this.#bytes += picture.byteLength;
    if (this.#bytes > this.#limits.maxBytes) this.#bytes = await this.#prune();
  }

  /** Oldest first; names are time-ordered (a folder a day, UUID v7). */
  async #list(): Promise<readonly { readonly path: string; readonly bytes: number }[]> {
    const names = await readdir(this.#limits.folder, { recursive: true });
    const files: { path: string; bytes: number }[] = [];
    for (const name of names.sort()) {
      const path = join(this.#limits.folder, name);
      const found = await stat(path);
      if (found.isFile()) files.push({ path, bytes: found.size });
    }
    return files;
  }

  async #measure(): Promise<number> {
    await mkdir(this.#limits.folder, { recursive: true, mode: 0o750 });
    return (await this.#list()).reduce((sum, file) => sum + file.bytes, 0);
  }

  /** Down to nine tenths of the budget, so that it does not run for every picture. Returns the bytes that remain. */
  async #prune(): Promise<number> {
    const files = await this.#list();
    let bytes = files.reduce((sum, file) => sum + file.bytes, 0);
    for (const file of files) {
      if (bytes <= this.#limits.maxBytes * 0.9) break;
      await rm(file.path);
      bytes -= file.bytes;
    }
    return bytes;
  }
}
