import { type ChildProcess, spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CupcheckError } from '../../errors.js';

export interface Broker {
  readonly port: number;
  stop(): Promise<void>;
}

/** A port of the loopback interface that nobody uses at this moment. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new CupcheckError('INTERNAL', 'the system gave no port');
  return address.port;
}

/**
 * Starts Debian's mosquitto on a free loopback port, open to this machine alone.
 * Errors: BROKER_UNREACHABLE (not installed, or it does not start).
 */
export async function startBroker(folder: string): Promise<Broker> {
  const port = await freePort();
  const configPath = join(folder, 'mosquitto.conf');
  await writeFile(configPath, `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type error\n`);
  // Debian keeps it in sbin, which is not on every user's path.
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` };
  const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', 'mosquitto', '-c', configPath], {
    stdio: 'ignore',
    env,
  });
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (cause) =>
      reject(new CupcheckError('BROKER_UNREACHABLE', 'mosquitto cannot be started', { cause })),
    );
    child.once('exit', (code) =>
      reject(new CupcheckError('BROKER_UNREACHABLE', `mosquitto ended with status ${code}`)),
    );
  });
  failed.catch(() => null); // told by whoever waits below, or harmless after the start
  await Promise.race([failed, answering(port)]);
  return { port, stop: () => stop(child) };
}

async function answering(port: number): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await answers(port)) return;
    await pause(50);
  }
  throw new CupcheckError('BROKER_UNREACHABLE', `mosquitto does not answer on port ${port}`);
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Asks a process to end, and waits until it has. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  // mosquitto loses one that comes just after it listens.
  const again = setInterval(() => child.kill('SIGTERM'), 500);
  await gone;
  clearInterval(again);
}
