import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { PictureStore } from '../../../src/daemon/journal/pictures.js';

const log = pino({ level: 'silent' });
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-pictures-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const store = (maxBytes: number, maxWaiting = 8): PictureStore =>
  new PictureStore({ folder, maxBytes, maxWaiting }, log);
const day = '2026-11-24';

it('writes a picture whole under its path and leaves no temporary file', async () => {
  const pictures = store(1e6);
  pictures.save(`${day}/a.jpg`, new Uint8Array([1, 2, 3]));
  await pictures.settled();
  expect(readdirSync(join(folder, day))).toEqual(['a.jpg']);
  expect([...readFileSync(join(folder, day, 'a.jpg'))]).toEqual([1, 2, 3]);
});

it('removes the oldest pictures when the budget is used up, those of an earlier run too', async () => {
  const earlier = store(1e6);
  for (const name of ['a', 'b', 'c']) earlier.save(`${day}/${name}.jpg`, new Uint8Array(100));
  await earlier.settled();
  const pictures = store(350);
  pictures.save('2026-11-25/d.jpg', new Uint8Array(100));
  await pictures.settled();
  expect(new Set(readdirSync(folder, { recursive: true, encoding: 'utf8' }))).toEqual(
    new Set([day, '2026-11-25', '2026-11-25/d.jpg', `${day}/b.jpg`, `${day}/c.jpg`]),
  );
});

it('drops and counts what is too much, what leaves the folder, and what the disk refuses', async () => {
  const pictures = store(1e6, 2);
  for (const name of ['a', 'b', 'c']) pictures.save(`${day}/${name}.jpg`, new Uint8Array(1));
  expect(pictures.counts.dropped).toBe(1);
  await pictures.settled();
  for (const path of ['../a.jpg', '/etc/a.jpg', 'x/../../a.jpg', '.hidden', 'a//b.jpg', '']) {
    pictures.save(path, new Uint8Array(1));
  }
  expect(pictures.counts.dropped).toBe(7);
  writeFileSync(join(folder, 'file'), '');
  pictures.save('file/a.jpg', new Uint8Array(1));
  await pictures.settled();
  expect(pictures.counts.dropped).toBe(8);
  pictures.save(`${day}/z.jpg`, new Uint8Array(1));
  await pictures.settled();
  expect(readdirSync(join(folder, day))).toEqual(['a.jpg', 'b.jpg', 'z.jpg']);
});

it('clears away the halves that a power cut left, and counts none of them', async () => {
  const earlier = store(1e6);
  earlier.save(`${day}/a.jpg`, new Uint8Array(100));
  await earlier.settled();
  writeFileSync(join(folder, day, '.b.jpg.tmp'), new Uint8Array(1e4));
  const pictures = store(250);
  pictures.save(`${day}/c.jpg`, new Uint8Array(100));
  await pictures.settled();
  expect(readdirSync(join(folder, day))).toEqual(['a.jpg', 'c.jpg']);
  expect(pictures.counts).toEqual({ written: 1, dropped: 0, pruned: 0 });
});

it('removes whole days, counts what it removes, and bears with somebody who tidies up too', async () => {
  const pictures = store(250);
  for (const name of ['2026-11-22/a', '2026-11-22/b', '2026-11-23/c'])
    pictures.save(`${name}.jpg`, new Uint8Array(100));
  await pictures.settled();
  rmSync(join(folder, '2026-11-23/c.jpg'));
  pictures.save('2026-11-24/d.jpg', new Uint8Array(200));
  await pictures.settled();
  expect(readdirSync(folder)).toEqual(['2026-11-23', '2026-11-24']);
  expect(pictures.counts).toMatchObject({ written: 4, dropped: 0 });
});

it('leaves no half of a picture that the disk refused', async () => {
  const pictures = store(1e6);
  // A folder where the file should be: writing goes well, the last step does not.
  mkdirSync(join(folder, day, 'a.jpg', 'x'), { recursive: true });
  pictures.save(`${day}/a.jpg`, new Uint8Array(100));
  await pictures.settled();
  expect(readdirSync(join(folder, day))).toEqual(['a.jpg']);
  expect(pictures.counts).toMatchObject({ written: 0, dropped: 1 });
});
