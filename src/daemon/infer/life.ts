import { type ChildProcess, spawn } from 'node:child_process';

export interface LifeOptions {
  /** The program of the judging process: a compiled JavaScript file. */
  readonly entry: string;
  /** File descriptor of the frame ring in this process; the child gets it as `ringFdInChild`. */
  readonly ringFd: number;
  readonly env: NodeJS.ProcessEnv;
  readonly onMessage: (message: unknown) => void;
  /** Called once, when the process is gone (or could not be started); `how` is for people: "signal SIGKILL". */
  readonly onEnded: (how: string) => void;
}

/**
 * One judging process from start to end.
 *
 * It is started through util-linux's `setpriv --pdeathsig KILL`, which becomes Node by exec (same process id): the kernel kills it
 * when this process dies, also while it hangs in a loop where it would never see its channel close.
 * Its stdout goes to our stderr: stdout belongs to whoever asked core for a result.
 */
export class Life {
  readonly #process: ChildProcess;
  readonly #options: LifeOptions;
  #over = false;

  constructor(options: LifeOptions) {
    this.#options = options;
    this.#process = spawn('setpriv', ['--pdeathsig', 'KILL', process.execPath, options.entry], {
      stdio: ['ignore', 2, 2, 'ipc', options.ringFd],
      serialization: 'advanced',
      env: options.env,
    });
    this.#process.on('message', (message) => {
      if (!this.#over) options.onMessage(message);
    });
    // Comes instead of `exit` where the program cannot be started, and besides it where a message cannot be sent.
    this.#process.on('error', (error) => {
      if (this.#process.pid === undefined)
        this.#end(`could not be started (setpriv of util-linux is needed): ${error.message}`);
      else this.kill();
    });
    this.#process.on('disconnect', () => this.kill());
    this.#process.on('exit', (code, signal) =>
      this.#end(signal === null ? `exit code ${String(code)}` : `signal ${signal}`),
    );
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get over(): boolean {
    return this.#over;
  }

  /** A process that cannot be reached any more is killed; `onEnded` follows. */
  send(message: object): void {
    if (this.#over) return;
    this.#process.send(message, (error) => {
      if (error !== null) this.kill();
    });
  }

  /** SIGTERM: asks it to end. */
  terminate(): void {
    if (!this.#over) this.#process.kill('SIGTERM');
  }

  /** SIGKILL: works on a process that hangs or is stopped, too. */
  kill(): void {
    if (!this.#over) this.#process.kill('SIGKILL');
  }

  #end(how: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.onEnded(how);
  }
}
