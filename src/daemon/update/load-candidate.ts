import { CupcheckError } from '../../errors.js';
import type { JudgeInfo } from '../ports.js';
import type { JudgeProcess } from './switching-judge.js';

/**
 * Starts the process of a candidate and waits until it can judge; its first failure is one too many.
 * @returns what it judges with: its networks are loaded and warm
 * @throws what it failed of; the signal's reason when aborted
 */
export async function loadCandidate(candidate: JudgeProcess, signal: AbortSignal): Promise<JudgeInfo> {
  signal.throwIfAborted();
  if (candidate.info !== null) return candidate.info;
  let abort = (): void => undefined;
  let unsubscribe = (): void => undefined;
  const ready = new Promise<void>((resolve, reject) => {
    abort = () => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    unsubscribe = candidate.onState((state, error) => {
      if (error !== null) reject(error);
      else if (state === 'ready') resolve();
    });
  });
  try {
    await Promise.all([ready, candidate.start()]);
  } finally {
    signal.removeEventListener('abort', abort);
    unsubscribe();
  }
  if (candidate.info === null) throw new CupcheckError('MODEL_NOT_READY', 'the candidate does not say what it is');
  return candidate.info;
}
