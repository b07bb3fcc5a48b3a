import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { callNative, type LineEdge } from '../../../src/native/addon.js';
import { kernelGpio } from '../../../src/native/gpio.js';

const line = { path: '/dev/null', chip: 'null', label: 'null', offset: 1, name: '', used: false, consumer: '' };
const input = { activeLow: false, bias: 'as_is', debounceUs: 0 } as const;

describe('lines of the kernel', () => {
  it('are refused where there is no such chip, with the chips that there are', () => {
    expect(() => kernelGpio.find('no-such-chip', '1')).toThrow(
      expect.objectContaining({ code: 'GPIO_FAULT', message: expect.stringContaining('no-such-chip') }),
    );
    expect(() => kernelGpio.find('/dev/null', '1')).toThrow(
      expect.objectContaining({
        code: 'GPIO_FAULT',
        message: expect.stringContaining('does not answer as a GPIO chip'),
      }),
    );
  });

  it('are refused where the file is no chip, with the kernel’s number', () => {
    const errno = expect.objectContaining({ errno: 25 });
    expect(() => kernelGpio.input(line, input)).toThrow(expect.objectContaining({ code: 'GPIO_FAULT', cause: errno }));
    expect(() =>
      kernelGpio.outputs([line, { ...line, offset: 2 }], { activeLow: [false, true], drive: 'push_pull' }),
    ).toThrow(
      expect.objectContaining({ code: 'GPIO_FAULT', message: expect.stringContaining('line 1, 2 of /dev/null') }),
    );
  });

  it('of one request are lines of one chip', () => {
    const other = { ...line, path: '/dev/zero' };
    expect(() => kernelGpio.outputs([line, other], { activeLow: [false, false], drive: 'push_pull' })).toThrow(
      expect.objectContaining({ code: 'GPIO_FAULT', message: expect.stringContaining('of one chip') }),
    );
  });
});

/** A named pipe in place of a line: what the kernel would give is written into it, byte for byte. */
describe('watching edges', () => {
  let folder: string;
  let fd: number;
  let kernel: number | null;
  let seen: LineEdge[];
  let failures: unknown[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'edges-'));
    const path = join(folder, 'line');
    execFileSync('mkfifo', [path]);
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    kernel = openSync(path, constants.O_WRONLY);
    seen = [];
    failures = [];
  });
  afterEach(() => {
    hangUp();
    closeSync(fd);
    rmSync(folder, { recursive: true });
  });
  const hangUp = (): void => {
    if (kernel !== null) closeSync(kernel);
    kernel = null;
  };
  const watch = (): (() => void) =>
    callNative((addon) =>
      addon.gpioWatch(fd, (error, edges) => {
        if (error !== null) failures.push(error);
        seen.push(...(edges ?? []));
      }),
    );
  /** struct gpio_v2_line_event: stamp, id (1 rising, 2 falling), offset, seqno, line_seqno, padding. */
  const edge = (atNs: bigint, id: number, seq: number): void => {
    const event = Buffer.alloc(48);
    event.writeBigUInt64LE(atNs, 0);
    event.writeUInt32LE(id, 8);
    event.writeUInt32LE(seq, 16);
    event.writeUInt32LE(seq, 20);
    writeSync(kernel ?? -1, event);
  };

  it('tells of each, in order, with stamp and number', async () => {
    const stop = watch();
    const atNs = 2n ** 60n;
    edge(atNs, 1, 1);
    edge(atNs + 1n, 2, 2);
    await vi.waitFor(() => expect(seen).toHaveLength(2));
    for (let seq = 3; seq <= 200; seq++) edge(atNs + BigInt(seq), 1 + ((seq + 1) % 2), seq);
    await vi.waitFor(() => expect(seen).toHaveLength(200));
    expect(seen.slice(0, 3)).toEqual([
      { atNs, active: true, seq: 1 },
      { atNs: atNs + 1n, active: false, seq: 2 },
      { atNs: atNs + 3n, active: true, seq: 3 },
    ]);
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, index) => index + 1));
    stop();
    stop();
  });

  it('tells once that the line is gone, and of nothing after', async () => {
    const stop = watch();
    hangUp();
    await vi.waitFor(() => expect(failures).toHaveLength(1));
    expect(failures).toMatchObject([{ code: 'GPIO_FAULT' }]);
    stop();
  });

  it('tells of nothing once it is stopped', async () => {
    watch()();
    edge(1n, 1, 1);
    const stop = watch();
    edge(2n, 2, 2);
    await vi.waitFor(() => expect(seen).toHaveLength(2));
    expect(seen.map(({ seq }) => seq)).toEqual([1, 2]);
    stop();
  });

  it('ends with the thread that it watches for', async () => {
    const addon = join(import.meta.dirname, '../../../build/Release/cupcheck.node');
    const code = `require(${JSON.stringify(addon)}).gpioWatch(${fd}, () => null); require('worker_threads').parentPort.postMessage('watches');`;
    const worker = new Worker(code, { eval: true });
    await new Promise((resolve) => void worker.once('message', resolve));
    expect(await worker.terminate()).toBe(1);
    const stop = watch();
    edge(1n, 1, 1);
    await vi.waitFor(() => expect(seen).toHaveLength(1));
    stop();
  });
});
