import type { Reason } from '../pipeline/judgement.js';

/** Reasons that one kept picture can't give again: they come of time, of devices, of chance, or of the second frame. */
export const ofTheMoment: ReadonlySet<Reason> = new Set<Reason>([
  'audit',
  'motion',
  'stale_frame',
  'no_frame',
  'timeout',
  'retrigger',
  'cup_removed',
  'model_not_ready',
  'selftest_overdue',
  'storage_fault',
  'camera_fault',
  'thermal',
  'internal_error',
]);
