import { expect, it } from 'vitest';
import type { Result } from '../../../src/daemon/result.js';
import { stageLines } from '../../system/stages.js';

const settleMs = 150;
const cup = (id: string, light: Result['shown']['light'], frameMs: number, detectMs: number): Result =>
  ({
    id,
    shown: { light },
    time: { trigger_ns: '5000000', frame_ns: String(5_000_000 + frameMs * 1_000_000) },
    ms: { detect: detectMs, total: detectMs + 10 },
  }) as unknown as Result;

it('tells each stage of the greens, once for a result that came twice', () => {
  const results = [cup('a', 'green', 200, 30), cup('a', 'green', 200, 30), cup('b', 'amber', 1, 900)];
  const lines = stageLines([...results, cup('c', 'green', 160, 50)], settleMs);
  expect(lines[0]).toContain('2 greens');
  expect(lines).toContainEqual(expect.stringMatching(/^detect +50\.0 +50\.0$/));
  expect(lines.at(-1)).toBe('Of 2 greens 2 have a frame exposed after trigger and settling, by at least 10.0 ms.');
});

it('counts a green whose frame is too early', () => {
  expect(stageLines([cup('a', 'green', 150, 1)], settleMs).at(-1)).toContain('Of 1 greens 0 have');
});

it('says that there was none', () => {
  expect(stageLines([cup('a', 'amber', 200, 1)], settleMs)).toEqual(['No cup was shown green.']);
});
