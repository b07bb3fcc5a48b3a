import { describe, expect, it } from 'vitest';
import { trialsNeeded, upperBound } from '../../../src/cli/evaluate/bound.js';
import { greensForAWrongOne, surenessPage } from '../../../src/cli/reference/sureness-page.js';
import { manifest } from '../../fixtures/cup-facts.js';

describe('the page that says how sure a green is', () => {
  it('takes its numbers from the manifest', () => {
    const page = surenessPage(manifest);
    expect(page).toContain('at most 2.7 % of bad cups turn green');
    expect(page).toContain('| pool | all designs of the pool, on average | 4 | 111 | 0 | 2.7 % |');
    expect(page).toContain('never green: the rare.');
    expect(page).toContain('| 0.1 % | 2,995 | 2,884 |');
  });

  it('says in words what the contract says: a bound of 1 %, one bad cup in a hundred, one wrong green in ten thousand', () => {
    expect(greensForAWrongOne(0.01, 0.01, 1)).toBeCloseTo(9901, 0);
    expect(surenessPage(manifest)).toContain('| 1 in 100 | 1 green in 9,900 is wrong | 1 green in 7,900 is wrong |');
  });

  it('says what an audit of one green in a hundred takes to show 0.1 %', () => {
    expect(surenessPage(manifest)).toContain('| 0.1 % | 2,995 | 299,500 |');
  });
});

it.each([0.05, 0.01, 0.001])('the coins that a bound of %d needs are the fewest', (bound) => {
  const needed = trialsNeeded(bound, 0.95);
  expect(upperBound(0, needed, 0.95)).toBeLessThanOrEqual(bound + 1e-12);
  expect(upperBound(0, needed - 1, 0.95)).toBeGreaterThan(bound);
});
