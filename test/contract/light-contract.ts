import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ShowableGreen } from '../../src/daemon/green.js';
import type { Light, LightState } from '../../src/daemon/ports.js';

/** A station's hold on a light, and the light's other end. */
export interface LightRig {
  readonly light: Light;
  /** What the lines show; `fault` as the amber and dark that it is made of. */
  seen(): LightState;
  /** The other end dies, and comes back. */
  lose(): Promise<void>;
  find(): Promise<void>;
  close(): Promise<void>;
}

/** The right to a green, for tests of what comes after it. */
export const greenOf = (cup: string): ShowableGreen => ({ cup, seq: 1 }) as unknown as ShowableGreen;

/** What every `Light` promises. */
export function lightContract(name: string, make: () => Promise<LightRig>): void {
  describe(`light: ${name}`, () => {
    let rig: LightRig;
    let light: Light;

    beforeEach(async () => {
      rig = await make();
      light = rig.light;
    });
    afterEach(async () => {
      await light.close();
      await rig.close();
    });
    const lost = (): Promise<Error> => new Promise((resolve) => void light.onLost(resolve));

    it('shows a state by the time that it says so, with the moment', async () => {
      for (const state of ['amber', 'dark', 'green', 'dark'] as const) {
        const beforeNs = process.hrtime.bigint();
        const { atNs } = state === 'green' ? await light.showGreen(greenOf('c')) : await light.show(state);
        expect(rig.seen()).toBe(state);
        expect(atNs).toBeGreaterThan(beforeNs);
        expect(atNs).toBeLessThanOrEqual(process.hrtime.bigint());
      }
    });

    it('goes on showing for longer than one lease', async () => {
      await light.showGreen(greenOf('c'));
      const untilNs = process.hrtime.bigint() + 700_000_000n;
      await vi.waitFor(() => expect(process.hrtime.bigint()).toBeGreaterThan(untilNs), { timeout: 5000, interval: 5 });
      expect(rig.seen()).toBe('green');
    });

    it('takes the states in the order in which they were asked for', async () => {
      const asked = [light.showGreen(greenOf('a')), light.show('amber', 'b'), light.show('dark')];
      await Promise.allSettled(asked);
      expect(rig.seen()).toBe('dark');
    });

    it('remembers the cups that were shown, and those alone', async () => {
      const green = await light.showGreen(greenOf('first'));
      await light.show('dark');
      const amber = await light.show('amber', 'second');
      expect(await light.recent()).toEqual([
        { cup: 'first', state: 'green', atNs: green.atNs },
        { cup: 'second', state: 'amber', atNs: amber.atNs },
      ]);
    });

    it('says that it is lost, refuses to show meanwhile, and shows again once it is found', async () => {
      await light.showGreen(greenOf('c'));
      const told = lost();
      await rig.lose();
      expect(await told).toMatchObject({ code: 'LIGHT_LOST' });
      expect(light.connected).toBe(false);
      expect(light.shows).toBeNull();
      await expect(light.show('amber')).rejects.toMatchObject({ code: 'LIGHT_LOST' });
      await expect(light.recent()).rejects.toMatchObject({ code: 'LIGHT_LOST' });
      await rig.find();
      await vi.waitFor(() => expect(light.connected).toBe(true), { timeout: 5000, interval: 5 });
      await light.showGreen(greenOf('d'));
      expect(rig.seen()).toBe('green');
    });

    it('does not show again by itself what belonged to a cup, but the fault that it was told to show', async () => {
      await light.showGreen(greenOf('c'));
      const told = lost();
      await rig.lose();
      await told;
      await expect(light.showGreen(greenOf('c'))).rejects.toMatchObject({ code: 'LIGHT_LOST' });
      await rig.find();
      await vi.waitFor(() => expect(light.connected).toBe(true), { timeout: 5000, interval: 5 });
      await light.recent();
      expect(rig.seen()).toBe('dark');
      const again = lost();
      await rig.lose();
      await again;
      await expect(light.show('fault')).rejects.toMatchObject({ code: 'LIGHT_LOST' });
      await rig.find();
      await vi.waitFor(() => expect(rig.seen()).toBe('amber'), { timeout: 5000, interval: 5 });
    });

    it('closes dark, twice without harm, and shows nothing after', async () => {
      await light.showGreen(greenOf('c'));
      await light.close();
      await light.close();
      await vi.waitFor(() => expect(rig.seen()).toBe('dark'), { timeout: 5000, interval: 5 });
      await expect(light.show('amber')).rejects.toMatchObject({ code: 'LIGHT_LOST' });
    });
  });
}
