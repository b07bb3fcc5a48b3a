import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LightLines } from '../../src/daemon/ports.js';
import type { LineState } from '../../src/hw/light/line-state.js';

/** Lines on a bench, and what somebody who looks at them sees. */
export interface LinesRig {
  readonly lines: LightLines;
  seen(): LineState;
  /** How often the lines have changed. */
  changes(): number;
  close(): Promise<void>;
}

/** What every driver of `LightLines` promises. @param skipped why this driver cannot be tried on this machine */
export function lightLinesContract(name: string, make: () => Promise<LinesRig>, skipped: string | null = null): void {
  describe.skipIf(skipped !== null)(
    skipped === null ? `light lines: ${name}` : `light lines: ${name} (${skipped})`,
    () => {
      let rig: LinesRig;

      beforeEach(async () => {
        rig = await make();
      });
      afterEach(async () => {
        await rig.lines.close();
        await rig.close();
      });

      it('is dark from the first moment on', () => {
        expect(rig.seen()).toBe('dark');
      });

      it('shows each state by the time that set returns', async () => {
        for (const state of ['green', 'dark', 'amber', 'green', 'amber', 'dark'] as const) {
          await rig.lines.set(state);
          expect(rig.seen()).toBe(state);
        }
      });

      it('does not touch the lines for the state that they show', async () => {
        await rig.lines.set('green');
        const changes = rig.changes();
        await rig.lines.set('green');
        expect(rig.changes()).toBe(changes);
      });

      it('goes dark when it is closed, shows nothing after, and closes twice without harm', async () => {
        await rig.lines.set('green');
        await rig.lines.close();
        expect(rig.seen()).toBe('dark');
        await rig.lines.close();
        await expect(rig.lines.set('green')).rejects.toMatchObject({ code: 'LIGHT_LOST' });
        expect(rig.seen()).toBe('dark');
      });
    },
  );
}
