import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

interface Percentiles {
  readonly p50: number;
}
interface Results {
  readonly crops: { readonly equal: Readonly<Record<string, unknown>> };
  readonly decode: { readonly cases: readonly { readonly equal: Readonly<Record<string, unknown>> }[] };
  readonly capture: { readonly cases: readonly { readonly format: string; readonly leftMs: number }[] };
  readonly judgement: { readonly verdicts: readonly { readonly verdict: string }[] };
  readonly station: {
    readonly sizes: readonly { readonly cups: number; readonly ms: Readonly<Record<string, Percentiles>> }[];
    readonly memoryMib: { readonly last: Readonly<Record<string, number>> };
    readonly profile: { readonly tree: { readonly ms: number } };
  };
}

async function run(...args: string[]): Promise<{ code: unknown; out: string; err: string }> {
  const child = spawn(process.execPath, args, { cwd: fileURLToPath(new URL('../../..', import.meta.url)) });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, out, err };
}

// The benchmark itself refuses unequal outputs and verdicts; times are no matter here.
it('runs once through every part of the benchmark, with equal outputs and verdicts', { timeout: 400_000 }, async () => {
  const { code, out, err } = await run('bench/main.mjs', '--smoke', '--json');
  expect(code, err).toBe(0);
  const { crops, decode, capture, judgement, station } = JSON.parse(out) as Results;
  expect(Object.keys(crops.equal)).toContain('sharp linear');
  expect(decode.cases).toHaveLength(8);
  for (const one of decode.cases) expect(Object.keys(one.equal)).toEqual(['sharp']);
  expect(capture.cases.map(({ format }) => format)).toEqual(['yuyv', 'nv12', 'grey']);
  for (const { leftMs } of capture.cases) expect(leftMs).toBeGreaterThan(0);
  const greens = judgement.verdicts.filter(({ verdict }) => verdict === 'green');
  expect([judgement.verdicts.length, greens.length]).toEqual([16, 6]);
  // The probes look into the product by names of its own: one that finds nothing any more would make "everything else" of all.
  for (const { cups, ms } of station.sizes) {
    expect(cups).toBeGreaterThan(0);
    for (const stage of ['settle', 'frame', 'networks', 'fsync', 'else'])
      expect(ms[stage]?.p50, stage).toBeGreaterThan(0);
  }
  expect(Object.keys(station.memoryMib.last)).toEqual(['core', 'infer', 'light']);
  expect(station.profile.tree.ms).toBeGreaterThan(0);
});

// A stale page is mended by: npm run docs:performance
it('has a page that says what the kept results say', async () => {
  const { code, out } = await run('bench/report/main.mjs', '--check');
  expect(code, out).toBe(0);
});
