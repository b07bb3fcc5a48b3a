import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';

const askMs = 2000;

/**
 * Whether UTC is synchronised; `null` where nobody says. `timedatectl` tells the kernel's own flag, whichever program keeps the time;
 * where it cannot be asked (no D-Bus) the mark of systemd-timesyncd is looked for.
 */
export async function readClockSync(
  program = 'timedatectl',
  mark = '/run/systemd/timesync/synchronized',
): Promise<boolean | null> {
  const answer = await new Promise<string | null>((resolve) => {
    const options = { timeout: askMs, maxBuffer: 4096, killSignal: 'SIGKILL' as const };
    execFile(program, ['show', '--property=NTPSynchronized', '--value'], options, (error, stdout) =>
      resolve(error === null ? stdout.trim() : null),
    );
  });
  if (answer === 'yes' || answer === 'no') return answer === 'yes';
  return access(mark).then(
    () => true,
    () => null,
  );
}
