import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { compiled } from '../../fixtures/compiled.js';
import { type LampRecord, lampRecord, lampsAreReal } from '../../fixtures/lamp-record.js';
import { RawStation } from '../../fixtures/raw-station.js';

const leaseMs = 600;
const renewMs = 200;
const fixture = (name: string): string => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));
const nowNs = (): bigint => process.hrtime.bigint();

/** What a holder tells its parent. */
interface Told {
  readonly shown?: string;
  readonly lost?: string;
  readonly connected?: boolean;
}

describe('light process', () => {
  let folder: string;
  let socket: string;
  let light: ChildProcess;
  let holder: ChildProcess;
  let told: Told[];
  let lamps: LampRecord;

  beforeEach(async () => {
    compiled('daemon/light/main.ts');
    folder = mkdtempSync(join(tmpdir(), 'light-process-'));
    socket = join(folder, 'light.sock');
    lamps = lampRecord(folder);
    light = lightProcess();
    await once(light, 'message');
    await hold();
  });
  afterEach(() => {
    holder.kill('SIGKILL');
    light.kill('SIGKILL');
    lamps.close();
    rmSync(folder, { recursive: true });
  });

  const lightProcess = (): ChildProcess =>
    fork(fixture('light-process.js'), {
      env: {
        ...process.env,
        ...lamps.env,
        CUPCHECK_LIGHT_SOCKET: socket,
        CUPCHECK_LIGHT_LEASE_MS: String(leaseMs),
      },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });

  /** Starts a core and waits until it holds the light. */
  async function hold(): Promise<void> {
    holder = fork(fixture('light-holder.js'), [socket, String(leaseMs), String(renewMs)]);
    told = [];
    holder.on('message', (message) => told.push(message as Told));
    await vi.waitFor(() => expect(told).toContainEqual({ connected: true }), { timeout: 20_000, interval: 5 });
  }
  async function show(state: string, cup: string): Promise<void> {
    holder.send({ state, cup });
    await vi.waitFor(() => expect(told.at(-1)?.shown).toBe(state), { timeout: 20_000, interval: 5 });
  }
  const shown = () => lamps.changes();
  const becomes = async (state: string): Promise<bigint> => {
    await vi.waitFor(() => expect(shown().at(-1)?.state).toBe(state), { timeout: 20_000, interval: 5 });
    return shown().at(-1)?.atNs ?? 0n;
  };

  it('SIGSTOP of core: dark within its lease, and SIGCONT does not bring the green back', async () => {
    const darkMs: number[] = [];
    for (let round = 0; round < 5; round++) {
      await show('green', `cup-${round}`);
      // The holder renews meanwhile, so the stop falls anywhere between two renewals.
      const stopNs = nowNs() + BigInt(round) * 60_000_000n;
      await vi.waitFor(() => expect(nowNs()).toBeGreaterThan(stopNs), { timeout: 5000, interval: 1 });
      const stoppedNs = nowNs();
      holder.kill('SIGSTOP');
      const darkNs = await becomes('dark');
      darkMs.push(Number(darkNs - stoppedNs) / 1e6);
      const transitions = shown().length;
      told = [];
      holder.kill('SIGCONT');
      // It gives the green up, and has the light again: by then every old renewal has been answered.
      await vi.waitFor(() => expect(told).toContainEqual({ connected: true }), { timeout: 20_000, interval: 5 });
      expect(told.some(({ lost }) => lost?.includes('ran out under a green'))).toBe(true);
      await show('dark', 'none');
      expect(shown().length).toBe(transitions);
    }
    console.log(`SIGSTOP of core: dark after ${darkMs.map((ms) => ms.toFixed(0)).join(', ')} ms (lease ${leaseMs} ms)`);
    // 20 ms for the expiry itself, and as much for the signal to arrive.
    for (const ms of darkMs) expect(ms).toBeLessThan(leaseMs + 40);
  });

  it('SIGKILL of core: dark at once, and the next core finds what was shown', async () => {
    await show('green', 'the-cup');
    const killedNs = nowNs();
    holder.kill('SIGKILL');
    const darkNs = await becomes('dark');
    const ms = Number(darkNs - killedNs) / 1e6;
    console.log(`SIGKILL of core: dark after ${ms.toFixed(1)} ms`);
    expect(ms).toBeLessThan(leaseMs - renewMs);
    const station = await RawStation.connect(socket);
    expect(await station.reply()).toMatchObject({ type: 'hello' });
    station.say({ type: 'recent', seq: 1 });
    const greenNs = shown().find(({ state }) => state === 'green')?.atNs;
    const reply = await station.reply();
    expect(reply).toMatchObject({ type: 'recent', cups: [{ cup: 'the-cup', state: 'green' }] });
    if (reply?.type !== 'recent') throw new Error('no recent');
    expect(Number((reply.cups[0]?.atNs ?? 0n) - (greenNs ?? 0n)) / 1e6).toBeLessThan(50);
    station.close();
  });

  it('SIGTERM: dark, and ended with 0', async () => {
    await show('green', 'c');
    light.kill('SIGTERM');
    const [code] = (await once(light, 'exit')) as [number];
    expect(code).toBe(0);
    expect(shown().at(-1)?.state).toBe('dark');
    expect(existsSync(socket)).toBe(false);
    await vi.waitFor(() => expect(told.some(({ lost }) => lost !== undefined)).toBe(true), {
      timeout: 20_000,
      interval: 5,
    });
  });

  it('ends with the parent that forked it', async () => {
    light.disconnect();
    const [code] = (await once(light, 'exit')) as [number];
    expect(code).toBe(0);
  });

  it('pets the watchdog of systemd for as long as it lives', async () => {
    const program = join(folder, 'systemd-notify');
    writeFileSync(program, `#!/bin/sh\necho "$*" >> ${folder}/said\n`, { mode: 0o755 });
    const watched = fork(fixture('light-process.js'), {
      env: {
        PATH: `${folder}:${process.env['PATH']}`,
        NOTIFY_SOCKET: '/run/x',
        WATCHDOG_USEC: '100000',
        CUPCHECK_LIGHT_DRIVER: 'memory',
        CUPCHECK_LIGHT_SOCKET: join(folder, 'watched.sock'),
      },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const said = (): string[] => readFileSync(join(folder, 'said'), 'utf8').trim().split('\n');
    await once(watched, 'message');
    await vi.waitFor(() => expect(said().filter((line) => line === 'WATCHDOG=1').length).toBeGreaterThan(2), {
      timeout: 20_000,
      interval: 20,
    });
    expect(said()[0]).toBe('READY=1');
    watched.kill('SIGTERM');
    expect(await once(watched, 'exit')).toEqual([0, null]);
  });

  it('SIGSTOP of the light process is noticed by core', async () => {
    await show('amber', 'c');
    light.kill('SIGSTOP');
    await vi.waitFor(() => expect(told.at(-1)?.lost).toContain('did not answer'), { timeout: 20_000, interval: 5 });
    light.kill('SIGCONT');
    await vi.waitFor(() => expect(told.at(-1)?.connected).toBe(true), { timeout: 20_000, interval: 5 });
  });

  // Memory has no lamps that could stay on: these are about lines that the kernel has.
  describe.skipIf(!lampsAreReal)('on real lines (where CUPCHECK_GPIO_CHIP names a gpio-sim chip)', () => {
    /** The guard: the one child of the light process. */
    const guard = (): number => {
      const children = readFileSync(`/proc/${light.pid}/task/${light.pid}/children`, 'utf8').trim().split(' ');
      return Number(children[0]);
    };

    it('SIGKILL of the light process: its guard drives the lines dark, and the next one has them', async () => {
      await show('green', 'c');
      const killedNs = nowNs();
      light.kill('SIGKILL');
      const ms = Number((await becomes('dark')) - killedNs) / 1e6;
      console.log(`SIGKILL of light: dark after ${ms.toFixed(1)} ms`);
      expect(ms).toBeLessThan(leaseMs);
      const next = lightProcess();
      await once(next, 'message');
      next.kill('SIGTERM');
      expect(await once(next, 'exit')).toEqual([0, null]);
    });

    it('SIGSTOP of the light process: its guard drives the lines dark, and SIGCONT does not bring the green back', async () => {
      await show('green', 'c');
      const stoppedNs = nowNs();
      light.kill('SIGSTOP');
      const ms = Number((await becomes('dark')) - stoppedNs) / 1e6;
      console.log(`SIGSTOP of light: dark after ${ms.toFixed(1)} ms (lease ${leaseMs} ms)`);
      // The guard waits for a lease from the last word on; the rest is the machine's.
      expect(ms).toBeLessThan(leaseMs + 400);
      const before = shown().length;
      light.kill('SIGCONT');
      expect(await once(light, 'exit')).toEqual([4, null]);
      expect(shown().length).toBe(before);
    });

    it('SIGKILL of the guard: dark, and the light process ends with 4, to be started anew', async () => {
      await show('green', 'c');
      process.kill(guard(), 'SIGKILL');
      await becomes('dark');
      expect(await once(light, 'exit')).toEqual([4, null]);
    });
  });
});
