import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BundleState } from '../../../src/daemon/bundles/bundle-state.js';
import { runCli } from '../../../src/cli/program.js';
import type { Recalibration } from '../../../src/cli/enrol/recalibrate.js';
import type { Finding } from '../../../src/daemon/control/station-verbs.js';
import { encodeJpeg } from '../../../src/native/jpeg.js';

/** Rendered pictures of a design that the bundle does not know, 7 px a mm: `models/generate/singles.py`. */
const picture = (name: string) => new URL(`../../fixtures/enrol/${name}.jpg`, import.meta.url).pathname;
const demo = (name: string) => new URL(`../../../models/demo/${name}.jpg`, import.meta.url).pathname;
const [front1, front2] = [picture('lion-florin-obverse-1'), picture('lion-florin-obverse-2')];
const [back1, back2] = [picture('lion-florin-reverse-1'), picture('lion-florin-reverse-2')];

let folder: string;
const run = async (...words: string[]): Promise<{ code: number; documents: unknown[]; err: string }> => {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    colour: false,
  };
  const code = await runCli([...words, '--json', '--config', join(folder, 'config.yaml')], terminal, {});
  return { code, documents: out.map((line) => JSON.parse(line) as unknown), err: [...out, ...err].join('\n') };
};
const add = (gallery: string, design: string, side: string, ...images: string[]) =>
  run(
    'enrol',
    'add',
    '--gallery',
    join(folder, gallery),
    '--design',
    design,
    '--side',
    side,
    '--px-per-mm',
    '7',
    ...images,
  );
const judge = async (image: string, expected: string, scale: number, ...more: string[]) => {
  const { documents } = await run('judge', image, '--expect', expected, '--px-per-mm', String(scale), ...more);
  return documents[0] as { verdict: string; reasons: { reason: string }[]; warnings: string[] };
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'enrol-'));
  writeFileSync(join(folder, 'config.yaml'), `state:\n  path: ${folder}/state\n`);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('a design taught from two pictures a side', { timeout: 300_000 }, () => {
  beforeAll(async () => {
    expect((await add('lion', 'lion-florin', 'obverse', front1, front2)).code).toBe(0);
    expect((await add('lion', 'lion-florin', 'reverse', back1, back2)).code).toBe(0);
  }, 300_000);
  const lion = () => ['--gallery', join(folder, 'lion')];

  it('is not covered: a cup of it is amber', async () => {
    const { verdict, reasons } = await judge(picture('cup-lion'), 'lion-florin', 7, ...lion());
    expect(verdict).toBe('amber');
    expect(reasons.map(({ reason }) => reason)).toEqual(['not_covered']);
  });

  it('is green where an operator overrides that, with a warning', async () => {
    const { verdict, warnings } = await judge(
      picture('cup-lion'),
      'lion-florin',
      7,
      ...lion(),
      '--override',
      'not_covered',
    );
    expect(verdict).toBe('green');
    expect(warnings).toContain('not_covered_override');
  });

  it.each([
    ['a cup with one impostor', picture('cup-impostor'), 7],
    ['a cup of another design of its size', demo('16-gate-florin'), 8],
    ['a cup of a smaller design', demo('01-oak-mark'), 8],
  ])('is never seen in %s', async (_, image, scale) => {
    const { verdict } = await judge(image, 'lion-florin', scale, ...lion(), '--override', 'not_covered');
    expect(verdict).toBe('amber');
  });

  it('leaves the designs of the bundle as they were', async () => {
    const { verdict } = await judge(demo('16-gate-florin'), 'gate-florin', 8, ...lion(), '--unread', 'accept');
    expect(verdict).toBe('green');
  });

  it('is gone when it is undone', async () => {
    expect((await run('enrol', 'undo', 'lion-florin', ...lion())).code).toBe(0);
    const { verdict } = await judge(picture('cup-lion'), 'lion-florin', 7, ...lion(), '--override', 'not_covered');
    expect(verdict).toBe('amber');
    const { documents } = await run('enrol', 'list', '--all', ...lion());
    const { additions } = documents[0] as { additions: { state: string }[] };
    expect(additions.map(({ state }) => state)).toEqual(['undone', 'undone', 'undone', 'undone']);
  });
});

describe('enrol add refuses, and changes nothing', { timeout: 300_000 }, () => {
  const refused = async (code: string, ...words: string[]) => {
    const before = existsSync(join(folder, 'refused', 'gallery.json'));
    const found = await run('enrol', 'add', '--gallery', join(folder, 'refused'), ...words);
    expect(found.err).toContain(code);
    expect(found.code).toBe(2);
    expect(existsSync(join(folder, 'refused', 'gallery.json'))).toBe(before);
  };
  const lion = ['--design', 'lion-florin', '--px-per-mm', '7'];

  it('an empty cup', () => refused('ENROL_NO_ITEM', ...lion, demo('empty')));
  it('a cup of several items', () => refused('ENROL_SEVERAL_ITEMS', ...lion, picture('cup-lion')));
  it('one bad picture among good ones', () => refused('ENROL_NO_ITEM', ...lion, front1, demo('empty')));
  it('a picture given twice', () => refused('ENROL_REPEATED', ...lion, front1, front1));
  it('an item of another size', () => refused('ENROL_SIZE', ...lion, '--diameter-mm', '24', front1));
  it('a picture without a scale, where nothing says the diameter', () =>
    refused('ENROL_SIZE', '--design', 'lion-florin', front1));
  it('another diameter than the bundle knows', () =>
    refused('ENROL_SIZE', '--design', 'gate-florin', '--diameter-mm', '20', front1));
  it('too few pixels', () => refused('ENROL_TOO_SMALL', '--design', 'big', '--diameter-mm', '95', front1));
  it('an id that is none', () => refused('USAGE', '--design', '../x', '--px-per-mm', '7', front1));
  it('an unknown side', () => refused('USAGE', ...lion, '--side', 'edge', front1));
  it('a file that is no picture', () => refused('PICTURE_CORRUPT', ...lion, join(folder, 'config.yaml')));
  it('a picture in which nothing is sharp', async () => {
    const grey = {
      width: 640,
      height: 480,
      format: 'grey',
      stride: 640,
      data: new Uint8Array(640 * 480).fill(120),
    } as const;
    writeFileSync(join(folder, 'grey.jpg'), encodeJpeg(grey, 90));
    await refused('ENROL_NO_ITEM', ...lion, join(folder, 'grey.jpg'));
  });
  it('a gallery of another network', async () => {
    expect((await add('other', 'lion-florin', 'obverse', front1)).code).toBe(0);
    const path = join(folder, 'other', 'gallery.json');
    const gallery = JSON.parse(readFileSync(path, 'utf8')) as object;
    writeFileSync(path, JSON.stringify({ ...gallery, networkSha256: 'f'.repeat(64) }));
    expect((await add('other', 'lion-florin', 'obverse', front2)).err).toContain('GALLERY_NETWORK');
    const { err, code } = await run('judge', front1, '--gallery', join(folder, 'other'));
    expect(err).toContain('GALLERY_NETWORK');
    expect(code).toBe(2);
  });
});

describe("the station's gallery", { timeout: 300_000 }, () => {
  const station = (...words: string[]) => run('enrol', 'add', '--px-per-mm', '7', ...words);
  const states = async () => {
    const { documents } = await run('enrol', 'list');
    return (documents[0] as { designs: { design: string; serving: number; candidate: number }[] }).designs.map(
      ({ design, serving, candidate }) => [design, serving, candidate],
    );
  };

  it('serves what was taught after a replay, and not before', async () => {
    expect((await station('--design', 'lion-florin', '--side', 'obverse', front1, front2)).code).toBe(0);
    expect(await states()).toEqual([['lion-florin', 0, 2]]);
    const dry = await run('recalibrate', '--dry-run');
    expect((dry.documents[0] as Recalibration).outcome).toBe('replayed');
    expect(await states()).toEqual([['lion-florin', 0, 2]]);
    const { documents, code } = await run('recalibrate');
    const { outcome, replay } = documents[0] as Recalibration;
    expect([code, outcome]).toEqual([0, 'serving']);
    expect(replay?.items).toBeGreaterThan(1000);
    expect(await states()).toEqual([['lion-florin', 2, 0]]);
    expect((await run('recalibrate')).documents[0]).toMatchObject({ outcome: 'unchanged' });
    expect((await run('doctor')).err).toContain('2 taught pictures serve, by ');
  });

  it('refuses a picture that was taught under a wrong name, and goes on with what served', async () => {
    expect((await station('--design', 'gate-florin', '--side', 'obverse', back1)).code).toBe(0);
    const { documents, code } = await run('recalibrate');
    const { outcome, replay } = documents[0] as Recalibration;
    expect([code, outcome]).toEqual([1, 'refused']);
    expect(replay?.harms).toEqual([
      { kind: 'stranger', item: 'picture 3 of gate-florin/obverse', design: 'gate-florin' },
    ]);
    expect(await states()).toContainEqual(['lion-florin', 2, 0]);
    expect((await run('enrol', 'undo', 'last')).code).toBe(0);
  });

  it('refuses where a kept picture was changed', async () => {
    expect((await station('--design', 'lion-florin', '--side', 'reverse', back2)).code).toBe(0);
    const [network] = readdirSync(join(folder, 'state', 'gallery'));
    const crops = join(folder, 'state', 'gallery', network ?? '', 'crops');
    for (const name of readdirSync(crops))
      writeFileSync(join(crops, name), readFileSync(join(crops, name)).subarray(0, -1));
    const { err, code } = await run('recalibrate');
    expect(err).toContain('GALLERY_INVALID');
    expect(code).toBe(2);
    expect(await states()).toContainEqual(['lion-florin', 0, 1]);
  });

  it('that serves and is gone is never passed over; without it the bundle judges alone, by request', async () => {
    const state = () => JSON.parse(readFileSync(join(folder, 'state', 'bundle-state.json'), 'utf8')) as BundleState;
    const [network, served] = Object.entries(state().active.galleries)[0] ?? ['', null];
    rmSync(join(folder, 'state', 'gallery', network, 'served', `${served?.gallery ?? ''}.json`));
    for (const words of [['recalibrate'], ['enrol', 'list']]) {
      const { err, code } = await run(...words);
      expect([code, err]).toEqual([2, expect.stringContaining('GALLERY_INVALID')]);
    }
    const gallery = async () => {
      const { documents } = await run('doctor');
      const { findings } = documents[0] as { findings: Finding[] };
      return findings.find(({ check }) => check === 'gallery');
    };
    expect(await gallery()).toMatchObject({
      state: 'fail',
      help: expect.stringContaining('recalibrate --none') as string,
    });
    expect((await run('recalibrate', '--none', '--dry-run')).err).toContain('USAGE');
    expect((await run('recalibrate', '--none')).documents).toEqual([{ outcome: 'none', by: 'document' }]);
    expect(state().active.galleries).toEqual({});
    expect(await gallery()).toBeUndefined();
    expect((await run('recalibrate', '--none')).documents).toEqual([{ outcome: 'unchanged', by: null }]);
    expect(await states()).toContainEqual(['lion-florin', 0, 1]);
  });
});
