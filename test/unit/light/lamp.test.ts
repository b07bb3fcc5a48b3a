import { describe, expect, it } from 'vitest';
import { blinkMs, Lamp } from '../../../src/daemon/light/lamp.js';
import type { LightLines, LightState } from '../../../src/daemon/ports.js';
import { CupcheckError } from '../../../src/errors.js';
import { MemoryLines } from '../../../src/hw/light/memory-lines.js';
import { ManualClock } from '../../fixtures/fake-station.js';

const noFailure = (error: unknown): never => {
  throw error;
};

/** Lines that take as long as the test wants. */
class SlowLines implements LightLines {
  readonly driven: LightState[] = [];
  readonly waiting: (() => void)[] = [];
  set(state: LightState): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(() => {
        this.driven.push(state);
        resolve();
      });
    });
  }
  close = (): Promise<void> => Promise.resolve();
}

describe('lamp', () => {
  it('blinks a fault until another state is shown', async () => {
    const clock = new ManualClock();
    const lines = new MemoryLines({ clock, path: null });
    const lamp = new Lamp(lines, clock, noFailure);
    await lamp.show('fault');
    await clock.advance(blinkMs * 3 + 1);
    expect(lines.transitions.map(({ state }) => state)).toEqual(['amber', 'dark', 'amber', 'dark']);
    await lamp.show('green');
    await clock.advance(blinkMs * 10);
    expect(lines.transitions.length).toBe(5);
    expect(lines.state).toBe('green');
  });

  it('never drives what was overtaken while the lines were busy', async () => {
    const lines = new SlowLines();
    const lamp = new Lamp(lines, new ManualClock(), noFailure);
    const amber = lamp.show('amber');
    const green = lamp.show('green');
    const dark = lamp.show('dark');
    expect(await green).toBeNull();
    lines.waiting.shift()?.();
    expect(await amber).not.toBeNull();
    lines.waiting.shift()?.();
    expect(await dark).not.toBeNull();
    expect(lines.driven).toEqual(['amber', 'dark']);
  });

  it('says when the lines fail, and drives the next state all the same', async () => {
    const lost = new CupcheckError('LIGHT_LOST', 'cut');
    let broken = true;
    const lines: LightLines = {
      set: () => (broken ? Promise.reject(lost) : Promise.resolve()),
      close: () => Promise.resolve(),
    };
    const lamp = new Lamp(lines, new ManualClock(), noFailure);
    await expect(lamp.show('green')).rejects.toBe(lost);
    broken = false;
    expect(await lamp.show('dark')).not.toBeNull();
  });

  it('tells of lines that fail while they blink', async () => {
    const clock = new ManualClock();
    const lost = new CupcheckError('LIGHT_LOST', 'cut');
    const failures: unknown[] = [];
    const lines: LightLines = {
      set: (state) => (state === 'dark' ? Promise.reject(lost) : Promise.resolve()),
      close: () => Promise.resolve(),
    };
    await new Lamp(lines, clock, (error) => failures.push(error)).show('fault');
    await clock.advance(blinkMs + 1);
    expect(failures).toEqual([lost]);
  });
});
