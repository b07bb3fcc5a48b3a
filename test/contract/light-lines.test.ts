import { Writable } from 'node:stream';
import { systemClock } from '../../src/daemon/system-clock.js';
import type { LineState } from '../../src/hw/light/line-state.js';
import { MemoryLines } from '../../src/hw/light/memory-lines.js';
import { TerminalLines } from '../../src/hw/light/terminal-lines.js';
import { type LinesRig, lightLinesContract } from './light-lines-contract.js';

lightLinesContract('memory', async () => {
  const lines = new MemoryLines({ clock: systemClock, path: null });
  return {
    lines,
    seen: () => lines.state,
    changes: () => lines.transitions.length,
    close: () => Promise.resolve(),
  };
});

const terminal = async (isTTY: boolean): Promise<LinesRig> => {
  const written: string[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _, done) => {
      written.push(chunk.toString());
      done();
    },
  });
  const seen = (): LineState => {
    const words = written
      .join('')
      .toLowerCase()
      .match(/green|amber|dark/g);
    return (words?.at(-1) ?? 'dark') as LineState;
  };
  return {
    lines: new TerminalLines(Object.assign(stream, { isTTY })),
    seen,
    changes: () => written.length,
    close: () => Promise.resolve(),
  };
};

lightLinesContract('terminal', () => terminal(true));
lightLinesContract('terminal that is a pipe', () => terminal(false));
