/** Says it where nobody else heeds Ctrl-C: a verb that has no work to end yet, or none any more. */
let base: (() => void) | null = null;

/**
 * From now on Ctrl-C says `Interrupted.` and ends this process by the signal, wherever no verb does better: at any moment there is a line, and
 * a shell sees 130.
 */
export function sayWhenInterrupted(say: (line: string) => void): void {
  base = () => {
    // A verb that heeds it ends its own work and says what is left of it.
    if (process.listenerCount('SIGINT') > 1) return;
    say('Interrupted.');
    endBy('SIGINT');
  };
  process.on('SIGINT', base);
}

function endBy(signal: NodeJS.Signals): void {
  if (base !== null) process.off('SIGINT', base);
  process.kill(process.pid, signal);
}

/** Runs `work` until it ends, or Ctrl-C ends it: that is how a watch is left, and no error. */
export async function untilInterrupted(work: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const interrupted = new AbortController();
  const stop = () => interrupted.abort(new Error('interrupted'));
  process.once('SIGINT', stop);
  try {
    await work(interrupted.signal);
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
  } finally {
    process.off('SIGINT', stop);
  }
}

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs `work`; a signal that asks this process to end ends the work first, and `onInterrupted` says what is left of it.
 * The process then ends by that signal, so that a shell's loop ends too (130 after Ctrl-C). A second one does not wait.
 */
export async function orInterrupted<T>(
  work: (signal: AbortSignal) => Promise<T>,
  onInterrupted: () => void,
): Promise<T> {
  const interrupted = new AbortController();
  let by: NodeJS.Signals | null = null;
  const stop = (signal: NodeJS.Signals) => {
    by = signal;
    interrupted.abort(new Error(`ended by ${signal}`));
  };
  for (const ending of endings) process.once(ending, stop);
  try {
    return await work(interrupted.signal);
  } catch (error) {
    if (by === null) throw error;
    onInterrupted();
    for (const ending of endings) process.off(ending, stop);
    endBy(by);
    // The signal comes with the next turn of the loop; until then nothing else is said.
    return await new Promise<never>(() => setInterval(() => undefined, 1000));
  } finally {
    for (const ending of endings) process.off(ending, stop);
  }
}
