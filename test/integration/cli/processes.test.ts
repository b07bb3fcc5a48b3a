import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ControlServer } from '../../../src/daemon/control/server.js';
import { verb } from '../../../src/daemon/control/verb.js';
import type { StationStatus } from '../../../src/daemon/status.js';
import { compiled } from '../../fixtures/compiled.js';

const main = fileURLToPath(compiled('cli/main.ts'));
let folder: string;
let socket: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-cli-'));
  socket = join(folder, 'control.sock');
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  rmSync(folder, { recursive: true });
});

function start(...args: string[]) {
  const env = { ...process.env, CUPCHECK_CONTROL_SOCKET: socket, CUPCHECK_LIGHT_SOCKET: join(folder, 'light.sock') };
  const child = spawn(process.execPath, [main, ...args], { env });
  children.push(child);
  const text = { out: '', err: '' };
  child.stdout.on('data', (chunk) => (text.out += String(chunk)));
  child.stderr.on('data', (chunk) => (text.err += String(chunk)));
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...text }));
  return { child, text, ended };
}

const status: StationStatus = {
  station: 'press-3',
  version: '0.1.0',
  session: 'a',
  health: 'ready',
  state: 'ready',
  faults: [],
  mode: 'confirm',
  uptime_s: 100,
  light: { connected: true, shows: 'dark' },
  camera: { driver: 'replay', state: 'streaming', newest_frame_age_ms: 40 },
  trigger: { driver: 'scripted', kind: 'level' },
  judge: {
    ready: true,
    provider: 'cpu',
    fallback: null,
    precision: null,
    engine: null,
    bundle: null,
    designs: 0,
    covered: 0,
    trial_until: null,
  },
  selftest: null,
  broker: { enabled: false, connected: false, waiting: 0, stuck: null },
  order: null,
  last: null,
  cups: { green: 0, amber: 0, late_judgements: 0 },
  statistics: null,
};

describe('the command line as a process', () => {
  it('ends quietly when its reader has seen enough', async () => {
    const { child, ended } = start('config', 'docs');
    child.stdout.destroy();
    expect(await ended).toMatchObject({ code: 0, err: '' });
  });

  it('prints no colour into a pipe', async () => {
    const { ended } = start('doctor');
    expect((await ended).out).not.toContain('\u001b');
  });

  it('leaves a watch at Ctrl-C, quietly', async () => {
    const server = new ControlServer({
      socketPath: socket,
      group: 'none',
      log: pino({ level: 'silent' }),
      verbs: {
        status: verb({}, () => Promise.resolve(status)),
        watch: verb({}, (_params, { emit, signal }) => {
          emit({ type: 'state', state: 'settling', health: 'ready' });
          return new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        }),
      },
    });
    await server.start();
    const { child, text, ended } = start('status', '--watch');
    await expect.poll(() => text.out, { timeout: 30_000 }).toContain('settling (ready)');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0, signal: null, err: '' });
    expect(text.out).toContain('press-3: ready');
    await server.close();
  });
});

describe('a watch', () => {
  const serve = async (station: string): Promise<ControlServer> => {
    const watch = verb({}, (_params, { emit, signal }) => {
      emit({ type: 'state', state: 'ready', health: 'ready' });
      return new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    });
    const verbs = { status: verb({}, () => Promise.resolve({ ...status, station })), watch };
    const server = new ControlServer({ socketPath: socket, group: 'none', log: pino({ level: 'silent' }), verbs });
    await server.start();
    return server;
  };

  it('goes on when the station is started again, and says so while it is gone', async () => {
    const first = await serve('press-3');
    const { child, text, ended } = start('status', '--watch');
    await expect.poll(() => text.out, { timeout: 30_000 }).toContain('        ready (ready)');
    await first.close();
    await expect.poll(() => text.out, { timeout: 30_000 }).toContain('waiting for it');
    const second = await serve('press-4');
    await expect.poll(() => text.out, { timeout: 30_000 }).toContain('press-4: ready');
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0, signal: null, err: '' });
    expect(text.out.match(/waiting for it/g)).toHaveLength(1);
    expect(text.out).not.toContain('\u001b');
    await second.close();
  });

  it('with a time says a line again and again, though nothing happens', async () => {
    const server = await serve('press-3');
    const { child, text, ended } = start('status', '--watch', '1');
    const line = /^\d{4}-\d\d-\d\dT[\d:]{8}Z {2}ready {5}ready, dark, 0 green, 0 amber$/gm;
    await expect.poll(() => text.out.match(line)?.length ?? 0, { timeout: 30_000 }).toBeGreaterThan(1);
    child.kill('SIGINT');
    expect(await ended).toMatchObject({ code: 0, signal: null, err: '' });
    expect(text.out.match(/^press-3: ready/gm)).toHaveLength(1);
    await server.close();
  });

  it('in a terminal draws in place, and leaves it with its cursor and colours as they were', async ({ skip }) => {
    if (spawnSync('script', ['--version']).error !== undefined) skip('script (util-linux) is not installed here');
    const server = await serve('press-3');
    const env = { ...process.env, CUPCHECK_CONTROL_SOCKET: socket, TERM: 'xterm', NO_COLOR: '' };
    // exec: a shell of its own beside the watch would get the same Ctrl-C, and some die of it.
    const line = `exec '${process.execPath}' '${main}' status --watch`;
    const terminal = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], { env });
    children.push(terminal);
    let seen = '';
    terminal.stdout.on('data', (chunk) => (seen += String(chunk)));
    const closed = once(terminal, 'close');
    // The second picture goes up over the eleven lines of the first.
    await expect.poll(() => seen, { timeout: 30_000 }).toContain('\u001b[11A\r\u001b[J');
    terminal.stdin.write('\u0003');
    expect(await closed).toEqual([0, null]);
    // Nothing that would have to be taken back: no hidden cursor, no other screen, no colour left on.
    expect(seen).not.toContain('\u001b[?');
    expect(seen.lastIndexOf('\u001b[0m')).toBeGreaterThan(seen.lastIndexOf('\u001b[3'));
    await server.close();
  });
});

describe('an output that cannot be written', () => {
  it('is told in a line, without a stack', async () => {
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [main, 'config', 'docs'], { stdio: ['ignore', full, 'pipe'] });
    children.push(child);
    let said = '';
    child.stderr?.on('data', (chunk) => (said += String(chunk)));
    const [code] = await once(child, 'close');
    closeSync(full);
    expect({ code, said }).toEqual({
      code: 2,
      said: expect.stringMatching(/^cupcheck: the output cannot .+ENOSPC.+\n$/),
    });
  });
});

describe('a station with a wrong config', () => {
  it('stays up in fault, says why to status, and stops when asked', async () => {
    const file = join(folder, 'config.yaml');
    writeFileSync(file, 'station:\n  name: press-3\n  deadlinMs: 900\n');
    const station = start('run', '--config', file);
    const status = async () => {
      const { ended } = start('status', '--config', file);
      return ended;
    };
    await expect.poll(async () => (await status()).code, { timeout: 30_000, interval: 200 }).toBe(1);
    const { out } = await status();
    expect(out).toContain('press-3: fault');
    expect(out.replace(/\n */g, ' ')).toContain('config.yaml:3: unknown key station.deadlinMs');
    expect(out).toContain('did you mean');
    const order = await start('order', 'set', 'Morgan', '--count', '12', '--config', file).ended;
    expect(order.code).not.toBe(0);
    station.child.kill('SIGTERM');
    expect((await station.ended).code).toBe(0);
  });
});
