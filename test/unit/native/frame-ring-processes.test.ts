import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FrameRing } from '../../../src/native/frame-ring.js';

const reader = fileURLToPath(new URL('ring-reader.mjs', import.meta.url));
const slotBytes = 300_000;

let ring: FrameRing;
let child: ChildProcess;

async function next(): Promise<unknown> {
  const [message] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([status, signal]) => [{ ended: signal ?? status }]),
  ]);
  return message;
}

function ask(command: string, given: object = {}): Promise<unknown> {
  const answer = next();
  child.send({ command, ...given });
  return answer;
}

function written(value: number): { slot: number; generation: number; bytes: number } {
  const slot = ring.acquire();
  if (slot === null) throw new Error('every slot is held');
  return ring.write(slot, new Uint8Array(slotBytes).fill(value));
}

beforeEach(async () => {
  ring = FrameRing.create({ slots: 2, slotBytes });
  child = fork(reader, { stdio: ['ignore', 'inherit', 'inherit', ring.fd, 'ipc'], execArgv: [] });
  expect(await next()).toEqual({ answer: { slots: 2, slotBytes } });
});

afterEach(async () => {
  if (child.exitCode === null && child.signalCode === null) {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
  ring.close();
});

describe('a frame ring between two processes', () => {
  it('shows the child the frame that the owner wrote after the child had started', async () => {
    expect(await ask('open', written(41))).toEqual({ answer: { first: 41, last: 41, whole: true } });
    expect(await ask('open', written(42))).toEqual({ answer: { first: 42, last: 42, whole: true } });
  });

  it('tells the child that the frame under its view was replaced', async () => {
    const frame = written(7);
    await ask('open', frame);
    expect(await ask('check', frame)).toEqual({ answer: { holds: true, first: 7 } });
    ring.write(frame.slot, new Uint8Array(slotBytes).fill(8));
    expect(await ask('check', frame)).toEqual({ answer: { holds: false, first: 8 } });
    expect(await ask('open', frame)).toMatchObject({ code: 'FRAME_OVERWRITTEN' });
  });

  it('refuses the child as a writer', async () => {
    expect(await ask('write', written(1))).toMatchObject({ code: 'NATIVE_ARGUMENT' });
  });

  it('ends a child that writes into a view, and keeps the frame', async () => {
    const frame = written(9);
    await ask('open', frame);
    expect(await ask('scribble')).toEqual({ ended: 'SIGSEGV' });
    expect(ring.view(frame.slot, frame.generation, frame.bytes)[0]).toBe(9);
  });

  it('outlives a child that is killed while it reads', async () => {
    await ask('open', written(3));
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(ring.view(0, 2, slotBytes)[0]).toBe(3);
  });

  it('never lets a torn frame pass its check', async () => {
    const { slot, bytes } = written(0);
    const frames = Array.from({ length: 256 }, (_, value) => new Uint8Array(bytes).fill(value));
    const state: { seen?: unknown } = {};
    const answer = ask('race', { slot, bytes, reads: 1500 }).then((message) => {
      state.seen = message;
      return message;
    });
    for (let value = 1; state.seen === undefined; value += 1) {
      ring.write(slot, frames[value % 256] ?? new Uint8Array(1));
      if (value % 16 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await answer).toMatchObject({ answer: { passedTorn: 0 } });
  });
});
