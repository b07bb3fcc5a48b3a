import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { OrderBook } from '../../src/daemon/order-book.js';

let folder: string;
let path: string;
const now = new Date('2030-01-01T12:00:00Z');
const later = (seconds: number): Date => new Date(now.getTime() + seconds * 1000);
const open = (): OrderBook => new OrderBook(path, () => [{ id: 'oak-mark' }, { id: 'bee-half' }], 3600);
const request = { design: 'oak-mark', count: 6, cups: 2, expires: null, id: 'o1' };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-orders-'));
  path = join(folder, 'order.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

it('knows no order before one is set', async () => {
  const book = open();
  await book.load(() => Promise.resolve(0));
  expect(book.latch(now)).toBeNull();
});

it('keeps an order over a restart, less what the journal says is used up', async () => {
  await open().set(request, now);
  const book = open();
  await book.load((id) => Promise.resolve(id === 'o1' ? 1 : 0));
  expect(book.latch(now)).toEqual({ id: 'o1', design: 'oak-mark', count: 6, cupNo: 2, expired: false });
  expect(readdirSync(folder)).toEqual(['order.json']);
});

it('is gone when its cups are used up, also after a restart', async () => {
  const book = open();
  await book.set(request, now);
  book.use('o1');
  book.use('another order');
  expect(book.latch(now)?.cupNo).toBe(2);
  book.use('o1');
  expect(book.latch(now)).toBeNull();
  const restarted = open();
  await restarted.load(() => Promise.resolve(2));
  expect(restarted.latch(now)).toBeNull();
});

it('expires after its lifetime: yesterday’s order greens nothing today', async () => {
  const book = open();
  await book.set(request, now);
  expect(book.latch(later(3599))?.expired).toBe(false);
  expect(book.latch(later(3600))?.expired).toBe(true);
});

it('stays cleared over a restart', async () => {
  const book = open();
  await book.set(request, now);
  await book.clear();
  const restarted = open();
  await restarted.load(() => Promise.resolve(0));
  expect(restarted.current()).toBeNull();
});

it('refuses a design that the bundle does not know, and names the nearest', async () => {
  await expect(open().set({ ...request, design: 'oak-makr' }, now)).rejects.toMatchObject({
    code: 'ORDER_INVALID',
    message: expect.stringContaining('oak-mark') as unknown,
  });
});

it.each(['yesterday', '2029-12-31T00:00:00Z'])('refuses the expiry %s', async (expires) => {
  await expect(open().set({ ...request, expires }, now)).rejects.toMatchObject({ code: 'ORDER_INVALID' });
});

it.each(['{"id":', '{"id":7}', '[]'])('does not take %s for an order', async (text) => {
  writeFileSync(path, text);
  await expect(open().load(() => Promise.resolve(0))).rejects.toMatchObject({ code: 'STORAGE_FAULT' });
});
