import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LightLease } from '../../../src/daemon/light/client.js';
import { type LightRequest, format, parseRequest } from '../../../src/daemon/light/protocol.js';
import { systemClock } from '../../../src/daemon/system-clock.js';
import { greenOf } from '../../contract/light-contract.js';

/** A light process that answers as the test wants. */
class OddLight {
  readonly folder = mkdtempSync(join(tmpdir(), 'odd-light-'));
  readonly path = join(this.folder, 'light.sock');
  readonly heard: LightRequest[] = [];
  connections = 0;
  hello = format({ type: 'hello', maxLeaseMs: 200 });
  answer: (request: LightRequest, socket: Socket) => void = (request, socket) => {
    if (request.type === 'hold') {
      socket.write(format({ type: 'shown', seq: request.seq, atNs: process.hrtime.bigint() }));
    } else if (request.type === 'renew') {
      socket.write(format({ type: 'renewed', seq: request.seq }));
    }
  };
  readonly #server: Server = createServer((socket) => {
    this.connections++;
    socket.on('error', () => null);
    socket.write(this.hello);
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      const lines = (text + chunk.toString()).split('\n');
      text = lines.pop() ?? '';
      for (const request of lines.map(parseRequest)) {
        this.heard.push(request);
        this.answer(request, socket);
      }
    });
  });

  async start(): Promise<void> {
    this.#server.listen(this.path);
    await once(this.#server, 'listening');
  }

  async stop(): Promise<void> {
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** Nothing turns in this process for so long, as under SIGSTOP. */
function standStill(forMs: number): void {
  const endNs = process.hrtime.bigint() + BigInt(forMs) * 1_000_000n;
  while (process.hrtime.bigint() < endNs);
}

describe('light lease', () => {
  let odd: OddLight;
  let light: LightLease;

  beforeEach(async () => {
    odd = new OddLight();
    await odd.start();
    light = new LightLease({
      clock: systemClock,
      socketPath: odd.path,
      leaseMs: 200,
      renewMs: 20,
      retryMs: 5,
      maxRetryMs: 20,
    });
  });
  afterEach(async () => {
    await light.close();
    await odd.stop();
    rmSync(odd.folder, { recursive: true });
  });
  const lost = (): Promise<Error> => new Promise((resolve) => void light.onLost(resolve));
  const until = (condition: () => void): Promise<void> => vi.waitFor(condition, { timeout: 5000, interval: 2 });

  it('renews the hold that it made last, and no other', async () => {
    await light.start();
    await light.showGreen(greenOf('c'));
    await until(() => expect(odd.heard.filter(({ type }) => type === 'renew').length).toBeGreaterThan(3));
    const dark = light.show('dark');
    await dark;
    await until(() => expect(odd.heard.at(-1)?.type).toBe('renew'));
    let held = 0;
    for (const request of odd.heard) {
      if (request.type === 'hold') held = request.seq;
      if (request.type === 'renew') expect(request.hold).toBe(held);
    }
    expect(odd.heard.filter(({ type }) => type === 'hold').map((hold) => 'state' in hold && hold.state)).toEqual([
      'dark',
      'green',
      'dark',
    ]);
  });

  it('says LIGHT_LOST where an answer does not come within a lease, and ends the connection, so that nothing is shown late', async () => {
    await light.start();
    const told = lost();
    odd.answer = () => undefined;
    const askedNs = process.hrtime.bigint();
    await expect(light.showGreen(greenOf('c'))).rejects.toMatchObject({ code: 'LIGHT_LOST' });
    expect(Number(process.hrtime.bigint() - askedNs) / 1e6).toBeLessThan(1000);
    expect(await told).toMatchObject({ message: expect.stringContaining('did not answer') as string });
  });

  it('notices a light that answers no renewals', async () => {
    await light.start();
    await light.showGreen(greenOf('c'));
    const told = lost();
    odd.answer = () => undefined;
    expect(await told).toMatchObject({ code: 'LIGHT_LOST' });
  });

  it('is not lost by an answer that lay unread while this process stood still', async () => {
    await light.start();
    const losses: Error[] = [];
    light.onLost((error) => losses.push(error));
    const answer = odd.answer;
    odd.answer = (request, socket) => {
      answer(request, socket);
      // The answer is on its way; nothing turns here until it is long overdue.
      odd.answer = answer;
      standStill(400);
    };
    await light.show('amber', 'c');
    await light.show('dark');
    expect(losses).toEqual([]);
  });

  it('gives a green up that ran out while this process stood still, and tells so', async () => {
    await light.start();
    await light.showGreen(greenOf('c'));
    const told = lost();
    standStill(300);
    expect(await told).toMatchObject({ message: expect.stringContaining('ran out under a green') as string });
    await until(() => expect(light.connected).toBe(true));
    await until(() => expect(odd.heard.at(-1)?.type).toBe('renew'));
    const greens = odd.heard.filter((request) => request.type === 'hold' && request.state === 'green');
    expect(greens.length).toBe(1);
  });

  it('shows an amber again that ran out while this process stood still', async () => {
    await light.start();
    await light.show('amber', 'c');
    const losses: Error[] = [];
    light.onLost((error) => losses.push(error));
    standStill(300);
    await until(() =>
      expect(odd.heard.filter((request) => 'state' in request && request.state === 'amber').length).toBe(2),
    );
    expect(losses).toEqual([]);
  });

  it.each([
    ['nonsense', 'hello?\n', 'not JSON'],
    ['a refusal', format({ type: 'refused', seq: 0, reason: 'busy', message: 'another station' }), 'another station'],
    ['too short a lease', format({ type: 'hello', maxLeaseMs: 100 }), 'restart it'],
  ])('does not take a light that greets with %s, and tries again', async (_, hello, message) => {
    odd.hello = hello;
    await expect(light.start()).rejects.toMatchObject({ message: expect.stringContaining(message) as string });
    expect(light.connected).toBe(false);
    await until(() => expect(odd.connections).toBeGreaterThan(2));
    odd.hello = format({ type: 'hello', maxLeaseMs: 200 });
    await until(() => expect(light.connected).toBe(true));
  });

  it('says so when there is no light process at all, and finds it later', async () => {
    const found = vi.fn();
    light.onConnected(found);
    await odd.stop();
    await expect(light.start()).rejects.toMatchObject({ code: 'LIGHT_LOST' });
    expect(found).not.toHaveBeenCalled();
    await odd.start();
    await until(() => expect(found).toHaveBeenCalledOnce());
    await light.show('amber', 'c');
  });
});
