import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { runCli } from '../../../src/cli/program.js';
import type { BundleState } from '../../../src/daemon/bundles/bundle-state.js';
import { LiveStation } from '../../fixtures/live-station.js';

const picture = (name: string) => new URL(`../../fixtures/enrol/${name}.jpg`, import.meta.url).pathname;

let station: LiveStation;
afterEach(() => station.stop());

async function cupcheck(...words: string[]): Promise<string> {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    colour: false,
  };
  const code = await runCli([...words, '--config', station.configPath], terminal, {});
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${code}: ${[...out, ...err].join('\n')}`);
  return [...err, ...out].join('\n').replace(/\s+/g, ' ');
}

it('what was taught serves at a running station from the next cup on, and is taken off again', {
  timeout: 300_000,
}, async () => {
  station = await LiveStation.start({ judge: 'real' });
  await station.whenReady();
  const { gallery_sha256: shipped } = await station.cup();
  const taught = ['--design', 'lion-florin', '--side', 'obverse', '--px-per-mm', '7'];
  await cupcheck('enrol', 'add', ...taught, picture('lion-florin-obverse-1'), picture('lion-florin-obverse-2'));
  // Until then it judges as it was started.
  expect((await station.cup()).gallery_sha256).toBe(shipped);
  const said = await cupcheck('recalibrate');
  expect(said).toMatch(/Loading it beside .* Proving it.* live picture: judged in \d+ ms.* serves from now on\.$/);
  const { gallery_sha256: serving, bundle } = await station.cup();
  expect(serving).not.toBe(shipped);
  const state = () => JSON.parse(readFileSync(join(station.folder, 'state/bundle-state.json'), 'utf8')) as BundleState;
  const [served] = Object.values(state().active.galleries);
  expect(said).toContain(`Gallery ${served?.gallery.slice(0, 12) ?? ''} serves`);

  await station.stopCore('SIGKILL');
  await station.startCore();
  await station.whenReady();
  expect((await station.cup()).gallery_sha256).toBe(serving);

  expect(await cupcheck('recalibrate', '--none')).toMatch(/The bundle judges alone from now on\.$/);
  const alone = await station.cup();
  expect(alone.gallery_sha256).not.toBe(serving);
  expect(alone.bundle).toEqual(bundle);
  expect(state().active.galleries).toEqual({});
});
