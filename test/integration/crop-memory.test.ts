import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const fixture = new URL('../fixtures/crop-calls.mjs', import.meta.url).pathname;

it('100,000 crops, good and refused, on and off the event loop, take no memory that they do not give back', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', fixture]);
  const { grownBytes, refusals } = JSON.parse(stdout) as { grownBytes: number; refusals: number };
  expect(refusals).toBe(10_000);
  // 20 bytes a call.
  expect(grownBytes).toBeLessThan(2_000_000);
});
