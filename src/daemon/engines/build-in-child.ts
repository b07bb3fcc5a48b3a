import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import type { BuildProgress, BuiltEngine } from './build-engine.js';
import type { BuildMessage, BuildStart } from './build-protocol.js';
import { changeEngines } from './engine-store.js';

/** The station is asked first by the kernel, whatever is built. */
function letOthersFirst(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    setPriority(pid, constants.priority.PRIORITY_LOW);
  } catch (error) {
    // It has ended already, and `exit` says how.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_SYSTEM_ERROR') throw error;
  }
}

/** Clears away what a process that was killed had begun; where another command holds the lock by now, that one has done so. */
async function clearAfter(store: string): Promise<void> {
  await changeEngines(store, () => Promise.resolve()).catch((thrown: unknown) => {
    if (asCupcheckError(thrown).code !== 'ENGINE_BUSY') throw thrown;
  });
}

/**
 * Builds engines in a process of its own, which dies with this one. Its priority is lowered before it has a thread that could keep another.
 * When aborted it is killed at once. However it ends, nothing half-way is left.
 * @throws as `buildEngines`; ENGINE_BUILD where the process ends without a word; the signal's reason when aborted
 */
export async function buildInChild(
  start: BuildStart,
  onProgress: (progress: BuildProgress) => void,
  signal: AbortSignal,
): Promise<readonly BuiltEngine[]> {
  signal.throwIfAborted();
  const entry = fileURLToPath(new URL('./build-child.js', import.meta.url));
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, entry], {
    // Its own words are no result.
    stdio: ['ignore', 2, 2, 'ipc'],
    serialization: 'advanced',
    env: { ...process.env, ORT_DISABLE_TELEMETRY: '1' },
    // Ctrl-C reaches this process alone, which ends the other in its own way.
    detached: true,
  });
  letOthersFirst(child.pid);
  const kill = () => void child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  try {
    const ended = await new Promise<Exclude<BuildMessage, { type: 'progress' }> | { type: 'gone'; how: string }>(
      (resolve) => {
        const gone = (how: string) => resolve({ type: 'gone', how });
        child.on('message', (message: BuildMessage) => {
          if (message.type === 'progress') onProgress(message.progress);
          else resolve(message);
        });
        child.on('error', (error) => gone(error.message));
        child.on('exit', (code, by) => {
          const tell = () => gone(by === null ? `exit code ${code}` : `signal ${by}`);
          // Its last words may still be in the channel.
          if (child.connected) child.once('disconnect', tell);
          else tell();
        });
        child.send(start, (error) => {
          if (error !== null) kill();
        });
      },
    );
    if (signal.aborted || ended.type === 'gone') await clearAfter(start.store);
    signal.throwIfAborted();
    if (ended.type === 'gone') throw new CupcheckError('ENGINE_BUILD', `the building process ended: ${ended.how}`);
    if (ended.type === 'failed') throw new CupcheckError(ended.code, ended.message);
    return ended.engines;
  } finally {
    signal.removeEventListener('abort', kill);
  }
}
