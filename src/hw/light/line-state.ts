import type { LightState } from '../../daemon/ports.js';

/** What lines can show; the blinking of `fault` is made of these by the light process, the same for every driver. */
export type LineState = Exclude<LightState, 'fault'>;
