import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type LampDriver, LampLines, type Lamps } from '../../../src/hw/light/lamp-lines.js';

const dark: Lamps = { green: false, amber: false };

/** Lamps that stay as they are where they are stuck. */
class FakeLamps implements LampDriver {
  readonly lost = null;
  released = 0;
  stuck: boolean;
  #lamps: Lamps;

  constructor(lamps = dark, stuck = false) {
    this.#lamps = lamps;
    this.stuck = stuck;
  }

  drive(lamps: Lamps): void {
    if (!this.stuck) this.#lamps = lamps;
  }

  lit(): Lamps {
    return this.#lamps;
  }

  release(): Promise<void> {
    this.released++;
    return Promise.resolve();
  }
}

describe('lamp lines', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const open = (lamps: FakeLamps): Promise<LampLines> => LampLines.open(() => Promise.resolve(lamps), vi.fn());

  it('do not take lines that are lit from the beginning, and let go of them', async () => {
    const lamps = new FakeLamps({ green: true, amber: false }, true);
    await expect(open(lamps)).rejects.toMatchObject({
      code: 'LIGHT_LOST',
      message: 'the lines were driven dark and read back green on, amber off',
    });
    expect(lamps.released).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('do not look at lines any more that are closed', async () => {
    const lamps = new FakeLamps();
    const lines = await open(lamps);
    expect(vi.getTimerCount()).toBe(1);
    await lines.close();
    await lines.close();
    expect(vi.getTimerCount()).toBe(0);
    expect(lamps.released).toBe(1);
  });

  it('tell whoever closes them that a lamp stays lit', async () => {
    const lamps = new FakeLamps();
    const lines = await open(lamps);
    await lines.set('green');
    lamps.stuck = true;
    await expect(lines.close()).rejects.toMatchObject({ code: 'LIGHT_LOST' });
    expect(lamps.released).toBe(1);
  });
});
