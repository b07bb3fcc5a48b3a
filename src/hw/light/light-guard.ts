import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { CupcheckError } from '../../errors.js';

/** Words of the guard's language. */
const lit = 'l';
const dark = 'd';
/** So many words within the guard's patience: one may be late. */
const wordsInPatience = 4;

/**
 * A program that shares the output lines and drives them dark when this process cannot: when it is killed, when it
 * crashes, and when it stands still for longer than `patienceMs` with something lit.
 */
export class LightGuard {
  /** Resolves when the guard has ended, as it was told to or not. */
  readonly ended: Promise<CupcheckError>;
  readonly #child: ChildProcess;
  readonly #everyMs: number;
  #talking: NodeJS.Timeout | null = null;
  #end: CupcheckError | null = null;

  private constructor(child: ChildProcess, everyMs: number) {
    this.#child = child;
    this.#everyMs = everyMs;
    this.ended = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        this.#stopTalking();
        const how = signal ?? `exit code ${code}`;
        this.#end = new CupcheckError('LIGHT_LOST', `the guard of the lines has ended (${how})`);
        resolve(this.#end);
      });
    });
    // A guard that is gone is told by 'exit'.
    child.stdin?.on('error', () => null);
  }

  /** @param program path of `light-guard`. Errors: LIGHT_LOST where it cannot be started. */
  static async start(program: string, linesFd: number, count: number, patienceMs: number): Promise<LightGuard> {
    const child = spawn(program, [String(count), String(patienceMs)], {
      stdio: ['pipe', 'ignore', 'inherit', linesFd],
    });
    try {
      await once(child, 'spawn');
    } catch (cause) {
      const message = `the guard of the lines cannot be started: ${(cause as Error).message}; build it: npm run setup`;
      throw new CupcheckError('LIGHT_LOST', message, { cause });
    }
    return new LightGuard(child, Math.max(1, Math.floor(patienceMs / wordsInPatience)));
  }

  /** From now on the guard waits for words. Call it before the lines are lit. Errors: LIGHT_LOST where it has ended. */
  watch(): void {
    if (this.#end !== null) throw this.#end;
    this.#say(lit);
    this.#talking ??= setInterval(() => this.#say(lit), this.#everyMs);
  }

  /** Nothing is lit. Call it after the lines are dark. */
  rest(): void {
    this.#stopTalking();
    this.#say(dark);
  }

  /** Resolves when the guard has ended, and with it its hold on the lines. */
  async stop(): Promise<void> {
    this.#stopTalking();
    this.#child.stdin?.end();
    await this.ended;
  }

  #say(word: string): void {
    if (this.#end === null) this.#child.stdin?.write(word);
  }

  #stopTalking(): void {
    if (this.#talking !== null) clearInterval(this.#talking);
    this.#talking = null;
  }
}
