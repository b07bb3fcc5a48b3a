import { expect, it } from 'vitest';
import { TrialWatch } from '../../../src/daemon/update/trial-watch.js';
import type { Reason } from '../../../src/pipeline/judgement.js';

const own = 'a'.repeat(64);
const cup = (reason: Reason | null, sha256: string | null = own) => ({
  bundle: sha256 === null ? null : { name: 'coins', version: '2', sha256 },
  reasons: reason === null ? [] : [{ reason, detail: '' }],
});

it('ends a trial at the given number of cups that could not be judged, and says which', () => {
  const watch = new TrialWatch(own, { cups: 10, failures: 3 });
  for (const reason of ['timeout', null, 'wrong_design', 'internal_error', 'blur'] as const)
    expect(watch.saw(cup(reason))).toBeNull();
  expect(watch.saw(cup('model_not_ready', null))).toBe('3 of its first 6 cups could not be judged (model_not_ready)');
});

it('looks at the first cups alone', () => {
  const watch = new TrialWatch(own, { cups: 2, failures: 1 });
  expect([watch.saw(cup(null)), watch.saw(cup(null)), watch.saw(cup('timeout'))]).toEqual([null, null, null]);
});

it('does not count cups of another bundle, nor those that came while its process was loading', () => {
  const watch = new TrialWatch(own, { cups: 2, failures: 1 });
  expect(watch.saw(cup('timeout', 'b'.repeat(64)))).toBeNull();
  expect(watch.saw(cup('model_not_ready', null))).toBeNull();
  expect(watch.saw(cup('timeout'))).not.toBeNull();
});
