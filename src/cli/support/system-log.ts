import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);
const units = ['cupcheck', 'cupcheck-light'] as const;
const lines = 5000;
const mostBytes = 32 * 2 ** 20;
const patienceMs = 20_000;

/**
 * The last lines that the station's units wrote, from the systemd journal. Errors: why there are none.
 * @param program for tests
 */
export async function systemLog(signal: AbortSignal, program = 'journalctl'): Promise<string> {
  const args = [
    ...units.map((unit) => `--unit=${unit}`),
    `--lines=${lines}`,
    '--no-pager',
    '--quiet',
    '--output=short-iso',
  ];
  const { stdout } = await run(program, args, { signal, timeout: patienceMs, maxBuffer: mostBytes }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') throw new Error(`there is no ${program} here`, { cause: error });
      throw error;
    },
  );
  if (stdout.trim() !== '') return stdout;
  throw new Error(`${program} has no line of ${units.join(' and ')}, or this user may not read it`);
}
