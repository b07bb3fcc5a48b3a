import { asCupcheckError } from '../../errors.js';
import { redacted } from './redact.js';

/** One file of a support bundle, before it is made. */
export interface PartPlan {
  readonly name: string;
  readonly what: string;
  readonly limitBytes: number;
  /** What to do with more than the limit: leave the part out, or keep its last whole lines. */
  readonly over: 'leave_out' | 'keep_end';
  /** The text of it. What cannot be had is an error: its message says why. */
  readonly make: (signal: AbortSignal) => Promise<string>;
}

export interface Part {
  readonly name: string;
  readonly what: string;
  readonly limitBytes: number;
  readonly bytes: Uint8Array;
}

/** What is not in the bundle, or not whole, and why. */
export interface LeftOut {
  readonly what: string;
  readonly why: string;
}

/** The last whole lines within so many bytes. */
export function lastLines(bytes: Buffer, limitBytes: number): Buffer {
  if (bytes.length <= limitBytes) return bytes;
  const from = bytes.length - limitBytes;
  // The limit may fall on the beginning of a line.
  const lineEnd = bytes.indexOf(10, from - 1);
  return lineEnd === -1 ? Buffer.alloc(0) : bytes.subarray(lineEnd + 1);
}

/** The work's end, or the signal's where that comes first: what takes long must not hold up a person who leaves. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const leave = () => reject(signal.reason as Error);
    if (signal.aborted) leave();
    signal.addEventListener('abort', leave);
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
  });
}

/** Makes a part within its limit and without secrets. One that fails is left out with the reason. Errors: the signal's. */
export async function makePart(
  { name, what, limitBytes, over, make }: PartPlan,
  signal: AbortSignal,
): Promise<{ readonly part: Part | null; readonly leftOut: readonly LeftOut[] }> {
  let text: string;
  try {
    text = await unlessAborted(make(signal), signal);
  } catch (thrown) {
    signal.throwIfAborted();
    return { part: null, leftOut: [{ what: name, why: asCupcheckError(thrown).message }] };
  }
  const whole = Buffer.from(redacted(text));
  const size = `it has ${whole.length} bytes, its limit is ${limitBytes}`;
  if (whole.length <= limitBytes) return { part: { name, what, limitBytes, bytes: whole }, leftOut: [] };
  if (over === 'leave_out') return { part: null, leftOut: [{ what: name, why: size }] };
  const bytes = lastLines(whole, limitBytes);
  return { part: { name, what, limitBytes, bytes }, leftOut: [{ what: `the beginning of ${name}`, why: size }] };
}
