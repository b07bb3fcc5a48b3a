import { CupcheckError } from '../../errors.js';

const nobodyListens: ReadonlySet<string> = new Set(['ENOENT', 'ECONNREFUSED']);

/** No station runs; one that ended during the request is another matter. */
function isNobodyThere(thrown: unknown): boolean {
  if (!(thrown instanceof CupcheckError) || thrown.code !== 'NO_DAEMON') return false;
  return nobodyListens.has((thrown.cause as NodeJS.ErrnoException | undefined)?.code ?? '');
}

/**
 * Asks the station, or where none runs changes what it reads when it starts. A station that starts at that moment may have read what was
 * there before: then it is asked after all.
 * @param askAfter asks a station that may have done it already
 */
export async function stationOrOffline<S, O>(
  ask: () => Promise<S>,
  offline: () => Promise<O>,
  askAfter: (changed: O) => Promise<S> = ask,
): Promise<{ readonly by: 'station'; readonly answer: S } | { readonly by: 'document'; readonly answer: O }> {
  const asked = async (question: () => Promise<S>) => {
    try {
      return { answer: await question() };
    } catch (thrown) {
      if (isNobodyThere(thrown)) return null;
      throw thrown;
    }
  };
  const first = await asked(ask);
  if (first !== null) return { by: 'station', ...first };
  const answer = await offline();
  const second = await asked(() => askAfter(answer));
  return second === null ? { by: 'document', answer } : { by: 'station', ...second };
}
