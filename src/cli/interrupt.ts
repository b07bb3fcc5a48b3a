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
