import type { Command } from 'commander';
import type { LoadedConfig } from '../daemon/config/load.js';
import type { RequestOptions } from '../daemon/control/client.js';
import { CupcheckError } from '../errors.js';
import { done, type ExitCode } from './exit-codes.js';
import type { Terminal } from './terminal.js';

/** Options that every verb takes. */
export interface GlobalOptions {
  readonly json: boolean;
  readonly debug: boolean;
  readonly config?: string;
  readonly set: readonly string[];
}

export const noOptions: GlobalOptions = { json: false, debug: false, set: [] };

export type GoodConfig = Extract<LoadedConfig, { ok: true }>;

/** What a verb works with. Heavy modules are imported where they are used, so that small verbs start quickly. */
export class Cli {
  exitCode: ExitCode = done;
  options: GlobalOptions = noOptions;

  constructor(
    readonly terminal: Terminal,
    readonly env: NodeJS.ProcessEnv,
  ) {}

  /** An action for commander whose result is the exit code. */
  action<A extends unknown[]>(run: (...given: A) => Promise<ExitCode>): (...given: A) => Promise<void> {
    return async (...given) => {
      this.exitCode = await run(...given);
    };
  }

  /** Prints the lines, or with --json the document on one line. */
  print(document: unknown, lines: () => readonly string[]): void {
    if (this.options.json) this.terminal.out(JSON.stringify(document));
    else for (const line of lines()) this.terminal.out(line);
  }

  async loadConfig(): Promise<LoadedConfig> {
    const { loadConfig } = await import('../daemon/config/load.js');
    return loadConfig(this.options.config, this.env, this.options.set);
  }

  /** Errors: CONFIG_INVALID with every problem. */
  async goodConfig(): Promise<GoodConfig> {
    const loaded = await this.loadConfig();
    if (loaded.ok) return loaded;
    throw new CupcheckError('CONFIG_INVALID', loaded.problems.map((problem) => problem.message).join('\n'));
  }

  /** Where the station listens; a config with problems elsewhere does not hide it. */
  async socketPath(): Promise<string> {
    const loaded = await this.loadConfig();
    return loaded.ok ? loaded.config.control.socket : loaded.partial.control.socket;
  }

  /** Asks the running station. Errors: NO_DAEMON, SOCKET_DENIED, STATION_SILENT, and the station's own. */
  async ask<T>(verb: string, params: object = {}, options: RequestOptions = {}): Promise<T> {
    const { askStation } = await import('../daemon/control/client.js');
    return askStation<T>(await this.socketPath(), verb, params, options);
  }
}

const exampleLines = new WeakMap<Command, readonly string[]>();

/** Adds the examples of a verb to its help, and to its man page. A test holds that every verb has one. */
export function examples(command: Command, lines: readonly string[]): Command {
  exampleLines.set(command, lines);
  return command.addHelpText('after', `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`);
}

export const examplesOf = (command: Command): readonly string[] => exampleLines.get(command) ?? [];
