import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type GalleryFolder,
  keepCrop,
  keepServed,
  keepTaught,
  readTaught,
  stationBundle,
  stationGallery,
} from '../../../src/daemon/gallery/gallery-folder.js';
import type * as durableFile from '../../../src/daemon/durable-file.js';
import { whileLocked } from '../../../src/daemon/folder-lock.js';
import { bundle as drawn } from '../../fixtures/cup-facts.js';
import { addition, network, taught, towards } from '../../fixtures/taught.js';

/** Files that may still be written before the power goes; the next one is left half written under its temporary name. */
const power = vi.hoisted(() => ({ left: Infinity }));
vi.mock('../../../src/daemon/durable-file.js', async (original) => {
  const real = await original<typeof durableFile>();
  const { writeFile } = await import('node:fs/promises');
  return {
    ...real,
    replaceFile: async (path: string, data: string | Uint8Array, mode?: number) => {
      if (power.left-- > 0) return await real.replaceFile(path, data, mode);
      await writeFile(`${path}.new`, data.slice(0, data.length >> 1));
      throw new Error('power cut');
    },
  };
});

const old = taught([addition(1, 'whale', towards(6))]);
const next = taught([...old.additions, addition(2, 'whale', towards(6, 7, 0.1))]);
const bundle = {
  ...drawn,
  manifest: { ...drawn.manifest, gallery: { ...drawn.manifest.gallery, networkSha256: network } },
};
let root: string;
let folder: GalleryFolder;
beforeEach(() => {
  power.left = Infinity;
  root = mkdtempSync(join(tmpdir(), 'gallery-'));
  folder = stationGallery(root, network);
});
afterEach(() => rmSync(root, { recursive: true }));

it('can be read by the station, whoever taught it with whatever umask', async () => {
  const before = process.umask(0o077);
  try {
    await whileLocked(folder, 'GALLERY_BUSY', async () => {
      await keepCrop(folder, 'crop.png', Buffer.from('png'));
      await keepTaught(folder, old);
      await keepServed(folder, old);
    });
  } finally {
    process.umask(before);
  }
  const kept = readdirSync(root, { recursive: true, withFileTypes: true });
  expect(kept.filter((each) => each.isFile())).toHaveLength(3);
  for (const each of kept) {
    const path = join(each.parentPath, each.name);
    expect(statSync(path).mode & 0o777, path).toBe(each.isFile() ? 0o644 : 0o755);
  }
});

describe('a power cut', () => {
  it.each([0, 1])('after %i files of enrol add leaves what was taught before', async (files) => {
    await keepTaught(folder, old);
    power.left = files;
    const add = async () => {
      await keepCrop(folder, next.additions[1]?.crop.file ?? '', Buffer.from('png'));
      await keepTaught(folder, next);
    };
    await expect(add()).rejects.toThrow('power cut');
    expect(await readTaught(folder)).toEqual(old);
    power.left = Infinity;
    await add();
    expect(await readTaught(folder)).toEqual(next);
  });
});

describe('the gallery of a station', () => {
  it('is the bundle alone where nothing was taught', async () => {
    expect(await stationBundle(bundle, root, {})).toBe(bundle);
  });

  it('lets compete what was taught, and confirm what serves', async () => {
    await keepTaught(folder, next);
    const waiting = await stationBundle(bundle, root, {});
    expect(waiting.candidate?.byClass.at(-1)?.length).toBe(16);
    expect(waiting.gallery.byClass.at(-1)?.length).toBe(0);
    const serving = await stationBundle(bundle, root, { [network]: await keepServed(folder, old) });
    expect(serving.candidate?.byClass.at(-1)?.length).toBe(8);
    expect(serving.gallery.byClass.at(-1)?.length).toBe(8);
    expect(serving.gallerySha256).not.toBe(waiting.gallerySha256);
  });

  it('is refused where a file that serves was changed, or is gone', async () => {
    const gallery = await keepServed(folder, old);
    const path = join(folder.path, 'served', `${gallery}.json`);
    writeFileSync(path, readFileSync(path, 'utf8').replace('"ann"', '"eve"'));
    const judges = () => stationBundle(bundle, root, { [network]: gallery });
    await expect(judges()).rejects.toMatchObject({ code: 'GALLERY_INVALID' });
    rmSync(path);
    await expect(judges()).rejects.toMatchObject({ code: 'GALLERY_INVALID' });
  });
});
