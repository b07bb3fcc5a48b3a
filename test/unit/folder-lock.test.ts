import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { whileLocked } from '../../src/daemon/folder-lock.js';
import { tryLock } from '../../src/native/flock.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cupcheck-lock-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const locked = <T>(change: () => Promise<T>): Promise<T> => whileLocked({ path: root }, 'GOLDEN_BUSY', change);
const nothing = () => Promise.resolve('free');
const busyBy = (pid: number | undefined) => ({ code: 'GOLDEN_BUSY', message: `process ${pid} changes ${root}` });

it('keeps a second command out, says which process is in, and leaves nothing in the folder', async () => {
  await locked(async () => {
    await expect(locked(nothing)).rejects.toMatchObject(busyBy(process.pid));
    expect(readdirSync(root)).toEqual([]);
  });
  expect(await locked(nothing)).toBe('free');
});

it('is given back by a change that fails', async () => {
  await expect(locked(() => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await locked(nothing)).toBe('free');
});

it('ends with the process that holds it, however that ends', async () => {
  const other = spawn('flock', ['--no-fork', root, 'sleep', '60']);
  await vi.waitUntil(() => readFileSync('/proc/locks', 'utf8').includes(` ${other.pid} `));
  await expect(locked(nothing)).rejects.toMatchObject(busyBy(other.pid));
  other.kill('SIGKILL');
  await once(other, 'exit');
  expect(await locked(nothing)).toBe('free');
});

it('makes the folder that it locks, and says where it cannot', async () => {
  const inside = join(root, 'a', 'b');
  expect(await whileLocked({ path: inside }, 'GOLDEN_BUSY', nothing)).toBe('free');
  const file = join(root, 'file');
  writeFileSync(file, '');
  await expect(whileLocked({ path: file }, 'GOLDEN_BUSY', nothing)).rejects.toMatchObject({
    code: 'STORAGE_FAULT',
    message: expect.stringContaining(file) as string,
  });
});

it.each([
  ['a number that is no descriptor', 1 << 19, 'STORAGE_FAULT'],
  ['what is no number of a descriptor', -1, 'NATIVE_ARGUMENT'],
])('%s is refused', (_, fd, code) => {
  expect(() => tryLock(fd)).toThrow(expect.objectContaining({ code }) as Error);
});
