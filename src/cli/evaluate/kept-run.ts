import { closeSync, ftruncateSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { replaceFile } from '../../daemon/durable-file.js';
import { CupcheckError } from '../../errors.js';
import type { CupOutcome } from './outcome.js';
import type { RunIdentity } from './run-identity.js';
import type { TruthCup } from './truth.js';

const maxBytes = 4 * 2 ** 30;

/**
 * What an evaluation has judged so far, in `FILE.part`: a line that tells which run it is, then the cups in the order of
 * the truth, a line for each judge. Each line is with the kernel before the next cup counts, so that a killed run loses only cups in work.
 * `finish` makes FILE of it, which is only ever whole.
 */
export class KeptRun {
  readonly outcomes: CupOutcome[];
  readonly path: string;
  readonly #target: string;
  readonly #fd: number;

  private constructor(target: string, fd: number, outcomes: CupOutcome[]) {
    this.#target = target;
    this.path = partOf(target);
    this.#fd = fd;
    this.outcomes = outcomes;
  }

  /**
   * Begins `target`, or goes on with the part that is there.
   * @throws USAGE where it cannot be written, or the part is of another run
   */
  static open(target: string, identity: RunIdentity, cups: readonly TruthCup[], judges: number): KeptRun {
    const path = partOf(target);
    requirePlainFile(target);
    requirePlainFile(path);
    const fd = attempt(path, () => openSync(path, 'a+'));
    try {
      const { whole, outcomes } = readPart(path, identity, cups, judges);
      // A line that was cut off by a kill goes; its cup is judged again.
      attempt(path, () => ftruncateSync(fd, whole));
      const run = new KeptRun(target, fd, outcomes);
      if (whole === 0) run.#write(identity);
      return run;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** @param outcomes of one cup, by judge */
  add(outcomes: readonly CupOutcome[]): void {
    for (const outcome of outcomes) this.#write(outcome);
    this.outcomes.push(...outcomes);
  }

  /** All cups are judged: FILE takes the place of the part. */
  async finish(): Promise<void> {
    await replaceFile(this.#target, this.outcomes.map((outcome) => `${JSON.stringify(outcome)}\n`).join(''));
    rmSync(this.path);
  }

  close(): void {
    closeSync(this.#fd);
  }

  #write(line: object): void {
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    attempt(this.path, () => {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.#fd, bytes, done);
    });
  }
}

const partOf = (target: string) => `${target}.part`;

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CupcheckError('USAGE', `${path} cannot be written: ${why}`, { cause });
  }
}

function requirePlainFile(path: string): void {
  const found = attempt(path, () => statSync(path, { throwIfNoEntry: false }));
  if (found !== undefined && !found.isFile()) throw new CupcheckError('USAGE', `${path} is not a plain file`);
  if (found !== undefined && found.size > maxBytes)
    throw new CupcheckError('USAGE', `${path} has ${found.size} bytes, allowed are ${maxBytes}`);
}

function readPart(
  path: string,
  identity: RunIdentity,
  cups: readonly TruthCup[],
  judges: number,
): { readonly whole: number; readonly outcomes: CupOutcome[] } {
  const bytes = readFileSync(path);
  const end = bytes.lastIndexOf('\n') + 1;
  if (end === 0) return { whole: 0, outcomes: [] };
  const [header = '', ...written] = bytes.toString('utf8', 0, end - 1).split('\n');
  // A cup counts with the lines of all its judges.
  const lines = written.slice(0, written.length - (written.length % judges));
  const whole = [header, ...lines].reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
  requireSameRun(path, parsed(path, header), identity);
  const outcomes = lines.map((line) => parsed(path, line) as unknown as CupOutcome);
  for (const [index, { image }] of outcomes.entries())
    if (image !== cups[Math.floor(index / judges)]?.image)
      throw otherRun(path, `line ${index + 2} holds ${JSON.stringify(image)}, not the cup of the truth`);
  return { whole, outcomes };
}

function parsed(path: string, line: string): Record<string, unknown> {
  try {
    const value = JSON.parse(line) as unknown;
    if (typeof value === 'object' && value !== null) return { ...value };
  } catch (cause) {
    throw otherRun(path, 'it is not what an evaluation wrote', cause);
  }
  throw otherRun(path, 'it is not what an evaluation wrote');
}

function requireSameRun(path: string, found: Readonly<Record<string, unknown>>, identity: RunIdentity): void {
  const differing = Object.entries(identity).filter(([what, value]) => found[what] !== value);
  if (differing.length > 0) throw otherRun(path, `different: ${differing.map(([what]) => what).join(', ')}`);
}

const otherRun = (path: string, why: string, cause?: unknown) =>
  new CupcheckError(
    'USAGE',
    `${path} is not of this run (${why}). Remove it to start anew, or give what it was started with`,
    { cause },
  );
