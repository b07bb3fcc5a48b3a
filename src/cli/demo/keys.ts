import { join } from 'node:path';
import { emitKeypressEvents } from 'node:readline';
import { asCupcheckError } from '../../errors.js';
import { resultLine } from '../result-lines.js';
import { paint, type Terminal } from '../terminal.js';
import type { DemoCup } from './demo-cups.js';
import type { DemoStation } from './demo-station.js';

export interface KeysOptions {
  readonly station: DemoStation;
  readonly cups: readonly DemoCup[];
  readonly demoFolder: string;
  readonly terminal: Terminal;
  readonly ended: AbortSignal;
}

const help = [
  '',
  'keys:  n next cup   p place it   r remove it   o order its design   c clear the order',
  '       u unplug the camera   i plug it in   f freeze it   d dark   w all well   s status   q quit',
];

/** Lets a person play with the demo station until `q` or Ctrl-C. */
export async function takeKeys(options: KeysOptions): Promise<void> {
  const { station, terminal, ended } = options;
  const input = process.stdin;
  for (const line of help) terminal.out(line);
  const player = new Player(options);
  station.onEvent((event) => {
    if (event.type === 'result') for (const line of resultLine(event.result, terminal)) terminal.out(line);
    else terminal.out(paint(terminal, 'bold', `  ${event.state}${event.health === 'fault' ? ' (blinking)' : ''}`));
  });
  emitKeypressEvents(input);
  input.setRawMode(true);
  input.resume();
  try {
    await new Promise<void>((resolve) => {
      ended.addEventListener('abort', () => resolve());
      input.on('keypress', (_text, key: { name?: string; ctrl?: boolean }) => {
        if (key.name === 'q' || (key.ctrl === true && key.name === 'c')) resolve();
        else if (key.name !== undefined) void player.press(key.name);
      });
    });
  } finally {
    input.setRawMode(false);
    input.pause();
  }
}

class Player {
  private index = 0;

  constructor(private readonly options: KeysOptions) {}

  async press(key: string): Promise<void> {
    const { station, cups, demoFolder, terminal } = this.options;
    const cup = cups[this.index % cups.length];
    if (cup === undefined) return;
    const acts: Readonly<Record<string, () => Promise<unknown>>> = {
      n: () => {
        this.index++;
        const next = cups[this.index % cups.length];
        terminal.out(`next: ${next?.image}: ${next?.kind} (${next?.order.count} × ${next?.order.design})`);
        return Promise.resolve();
      },
      p: () => station.ask('sim.place', { picture: join(demoFolder, cup.image) }),
      r: () => station.ask('sim.remove'),
      o: () => station.ask('order.set', { ...cup.order }),
      c: () => station.ask('order.clear'),
      u: () => station.ask('sim.camera', { fault: 'unplug' }),
      i: () => station.ask('sim.camera', { fault: 'replug' }),
      f: () => station.ask('sim.camera', { fault: 'freeze' }),
      d: () => station.ask('sim.camera', { fault: 'dark' }),
      w: () => station.ask('sim.camera', { fault: 'normal' }),
      s: async () => terminal.out(JSON.stringify(await station.ask('status'), null, 2)),
    };
    const act = acts[key];
    if (act === undefined) {
      for (const line of help) terminal.out(line);
      return;
    }
    try {
      await act();
    } catch (thrown) {
      const error = asCupcheckError(thrown);
      terminal.out(paint(terminal, 'red', `${error.message} ${error.help}`));
    }
  }
}
