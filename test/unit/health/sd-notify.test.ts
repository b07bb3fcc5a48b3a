import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Notifier, sdNotifier } from '../../../src/daemon/health/sd-notify.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-notify-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const errors: Error[] = [];

/** A notifier whose program writes what it was given to a file, and waits for the file `go` before it ends. */
function notifier(env: NodeJS.ProcessEnv, script = ''): Notifier {
  errors.length = 0;
  const program = join(folder, 'systemd-notify');
  writeFileSync(program, `#!/bin/sh\necho "$*" >> ${folder}/said\n${script}\n`, { mode: 0o755 });
  return sdNotifier({ env: { PATH: process.env['PATH'], ...env }, program, onError: (error) => errors.push(error) });
}

const said = (): string[] => {
  const path = join(folder, 'said');
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
};

describe('telling systemd', () => {
  it('says ready, the state in one line, and that it lives', async () => {
    const systemd = notifier({ NOTIFY_SOCKET: '/run/x' });
    systemd.ready();
    await vi.waitFor(() => expect(said()).toEqual(['READY=1']));
    systemd.status('judges\ncups');
    await vi.waitFor(() => expect(said().join(' ')).toContain('STATUS=judges cups'));
    expect(errors).toEqual([]);
  });

  it('sends what was told meanwhile together, the newest of each kind', async () => {
    const systemd = notifier({ NOTIFY_SOCKET: '/run/x' }, `while [ ! -e ${folder}/go ]; do sleep 0.02; done`);
    systemd.ready();
    systemd.status('one');
    systemd.watchdog();
    systemd.status('two');
    await vi.waitFor(() => expect(said()).toEqual(['READY=1']));
    writeFileSync(join(folder, 'go'), '');
    await vi.waitFor(() => expect(said()).toEqual(['READY=1', 'STATUS=two WATCHDOG=1']));
  });

  it('starts nothing where systemd does not listen', () => {
    const program = join(folder, 'missing');
    const systemd = sdNotifier({ env: {}, program, onError: (error) => errors.push(error) });
    systemd.ready();
    systemd.watchdog();
    expect(systemd.watchdogMs).toBeNull();
  });

  it('tells a failure once, and goes on', async () => {
    const systemd = notifier({ NOTIFY_SOCKET: '/run/x' }, `[ -e ${folder}/go ] || exit 1`);
    systemd.ready();
    await vi.waitFor(() =>
      expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('exit code 1')]),
    );
    systemd.watchdog();
    await vi.waitFor(() => expect(said()).toHaveLength(2));
    writeFileSync(join(folder, 'go'), '');
    systemd.stopping();
    await vi.waitFor(() => expect(said()).toHaveLength(3));
    expect(errors).toHaveLength(1);
  });

  it('pets at half of the time that systemd gives to this process', () => {
    const env = { NOTIFY_SOCKET: '/run/x', WATCHDOG_USEC: '10000000' };
    expect(notifier(env).watchdogMs).toBe(5000);
    expect(notifier({ ...env, WATCHDOG_PID: String(process.pid) }).watchdogMs).toBe(5000);
    expect(notifier({ ...env, WATCHDOG_PID: '1' }).watchdogMs).toBeNull();
    expect(notifier({ ...env, WATCHDOG_USEC: 'soon' }).watchdogMs).toBeNull();
  });

  const missing = ['systemd-notify', 'python3'].filter(
    (program) => spawnSync(program, ['--version']).error !== undefined,
  );

  it.skipIf(missing.length > 0)(
    `reaches a real socket through the real program${missing.length > 0 ? ` (missing: ${missing.join(', ')})` : ''}`,
    async () => {
      const socket = join(folder, 'notify');
      const listen = `import socket,sys
s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM); s.bind(sys.argv[1]); print("bound",flush=True)
print(s.recv(4096).decode().replace("\\n"," "),flush=True)`;
      const systemd = spawn('python3', ['-c', listen, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
      try {
        // Python writes a line in two pieces: lines are waited for, not pieces.
        const lines = createInterface({ input: systemd.stdout })[Symbol.asyncIterator]();
        expect((await lines.next()).value).toBe('bound');
        const env = { PATH: process.env['PATH'], NOTIFY_SOCKET: socket };
        sdNotifier({ env, onError: (error) => errors.push(error) }).ready();
        expect((await lines.next()).value).toContain('READY=1');
      } finally {
        systemd.kill('SIGKILL');
      }
    },
  );
});
