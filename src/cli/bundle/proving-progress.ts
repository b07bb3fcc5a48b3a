import type { UpdateEvent } from '../../daemon/update/bundle-updates.js';
import type { Cli } from '../cli.js';
import { StepProgress } from '../progress/step-progress.js';

const stepTexts = {
  loading: 'Loading it beside the bundle that judges…',
  proving: 'Loaded. Proving it…',
  waiting: 'Proved. It takes over between two cups…',
} as const;

const eventText = (event: UpdateEvent): string =>
  event.step === 'proved' ? `${event.by}: ${event.found}` : stepTexts[event.step];

/** Shows how far the station is that proves what is to judge. */
export class ProvingProgress {
  readonly #cli: Cli;
  readonly #progress: StepProgress;

  constructor(cli: Cli) {
    this.#cli = cli;
    this.#progress = new StepProgress(cli.terminal, Object.keys(stepTexts).length);
  }

  /** @param given what the station sent ahead of its answer */
  readonly onEvent = (given: unknown): void => {
    const event = given as UpdateEvent;
    this.#progress.clear();
    if (!this.#cli.options.json) this.#cli.terminal.err(eventText(event));
    if (event.step !== 'proved') this.#progress.begin(event.step);
  };

  interrupted(): void {
    this.end();
    this.#cli.terminal.err('Interrupted: what judges now is told by cupcheck bundle list.');
  }

  end(): void {
    this.#progress.end();
  }
}
