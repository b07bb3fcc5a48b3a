import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import stringWidth from 'string-width';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseGolden } from '../../../src/daemon/golden/golden-record.js';
import { goldenRecord, somePicture, writeJournal } from '../../fixtures/golden-station.js';
import { runVerbAt } from '../../fixtures/verb-at.js';
import { amberDraft, greenDraft } from '../../fixtures/result-draft.js';

// Each addition waits for the disk, which may be busy.
vi.setConfig({ testTimeout: 60_000 });

let root = '';
const at = (...names: string[]) => join(root, ...names);
const golden = (...argv: string[]) => runVerbAt(root, ['golden', ...argv]);
const kept = () => readdirSync(at('state', 'golden')).sort();

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cupcheck-golden-'));
});
afterEach(() => rmSync(root, { recursive: true }));

describe('golden add', () => {
  it('keeps the picture and what the journal says of it, once', async () => {
    const draft = greenDraft();
    writeJournal(root, [{ draft, picture: somePicture }]);
    const added = await golden('add', '1', '--truth', 'ok', '--note', 'fresh from the mint');
    expect(added).toMatchObject({ code: 0, err: '' });
    expect(added.out).toContain('Cup 1 is golden: it holds 2 Morgan.');
    expect(kept()).toEqual([`${draft.id}.jpg`, `${draft.id}.json`]);
    expect(readFileSync(at('state', 'golden', `${draft.id}.jpg`))).toEqual(somePicture);
    const record = parseGolden(readFileSync(at('state', 'golden', `${draft.id}.json`)), 'it');
    expect(record).toMatchObject({
      truth: 'ok',
      expected: { mode: 'confirm', design: 'Morgan', count: 2 },
      note: 'fresh from the mint',
      recorded: { verdict: 'green', score: 0.21, bundle: draft.bundle, gallery: 'b'.repeat(64), provider: 'cpu' },
    });
    expect(record.recorded.items.map(({ score }) => score)).toEqual(draft.items.map(({ score }) => score));
    expect((await golden('add', draft.id, '--truth', 'ok')).out).toContain('Nothing to do');
    expect(await golden('add', '1', '--truth', 'wrong')).toMatchObject({ code: 2 });
  });

  it('takes the truth that was said with resolve, and needs one', async () => {
    writeJournal(root, [
      { draft: amberDraft(), picture: somePicture, resolved: 'wrong' },
      { draft: amberDraft(), picture: somePicture },
    ]);
    expect((await golden('add', '1')).out).toContain('wrong as 2 Morgan, never green');
    const refused = await golden('add', '2');
    expect(refused.code).toBe(2);
    expect(refused.err).toContain('nobody has said what cup 2 holds');
  });

  it('needs to know what the cup should hold', async () => {
    writeJournal(root, [{ draft: amberDraft({ order: null }), picture: somePicture }]);
    expect((await golden('add', '1', '--truth', 'wrong')).err).toContain('(GOLDEN_REFUSED)');
    const { out } = await golden('add', '1', '--truth', 'wrong', '--expect', 'Peace', '--count', '4');
    expect(out).toContain('wrong as 4 Peace');
    expect((await golden('add', '1', '--truth', 'wrong', '--expect', '../x')).err).toContain('--expect is "../x"');
  });

  it('tells of a picture that was never kept, is gone, or was altered, and keeps nothing', async () => {
    const [never, gone, altered] = [amberDraft(), amberDraft(), amberDraft()];
    writeJournal(root, [
      { draft: never, picture: null },
      { draft: gone, picture: somePicture },
      { draft: altered, picture: somePicture },
    ]);
    rmSync(at('state', 'images', `${gone.id}.jpg`));
    writeFileSync(at('state', 'images', `${altered.id}.jpg`), 'another picture');
    for (const [cup, what] of [
      ['1', 'no picture was kept'],
      ['2', 'is gone'],
      ['3', 'its digest differs'],
    ] as const) {
      const { code, err } = await golden('add', cup, '--truth', 'wrong');
      expect(code).toBe(1);
      expect(err.replaceAll(/\s+/g, ' ')).toContain(what);
    }
    expect((await golden('list')).out).toContain('No golden picture.');
  });

  it('refuses a cup that was judged with another calibration, and keeps the scale and the empty cup of its own', async () => {
    const calibration = { schema: 1, pxPerMm: 8, reference: 'empty.jpg', at: '2026-11-24T00:00:00Z' };
    const path = at('calibration.json');
    writeFileSync(path, JSON.stringify({ ...calibration, camera: { width: 1280, height: 960 } }));
    writeFileSync(at('empty.jpg'), 'an empty cup');
    const { loadCalibration } = await import('../../../src/pipeline/bundle/load-calibration.js');
    const { sha256 } = await loadCalibration(path);
    const [own, other] = [
      greenDraft({ calibration_sha256: sha256 }),
      greenDraft({ calibration_sha256: 'd'.repeat(64) }),
    ];
    writeJournal(
      root,
      [own, other].map((draft) => ({ draft, picture: somePicture })),
      path,
    );
    expect((await golden('add', '2', '--truth', 'ok')).err).toContain('was judged with the calibration dddddddddddd');
    await golden('add', '1', '--truth', 'ok');
    const { scene } = parseGolden(readFileSync(at('state', 'golden', `${own.id}.json`)), 'it');
    expect(scene).toMatchObject({ pxPerMm: 8, empty: { bytes: 12 } });
    expect(kept()).toContain(`empty-${scene.empty?.sha256}.jpg`);
    await golden('remove', '1');
    expect(kept()).toEqual([]);
  });
});

describe('golden list and remove', () => {
  it('show and take away, within 80 columns', async () => {
    const long = 'a-design-whose-name-is-as-long-as-names-of-designs-ever-get-here';
    writeJournal(root, [
      { draft: greenDraft(), picture: somePicture },
      {
        draft: amberDraft({ order: { id: 'o', design: long.slice(0, 63), count: 12, cup_no: 1 } }),
        picture: somePicture,
      },
    ]);
    expect((await golden('remove', '1')).out).toContain('Nothing to do');
    await golden('add', '1', '--truth', 'ok');
    await golden('add', '2', '--truth', 'wrong', '--note', 'what is special about it '.repeat(8).trim());
    const { code, out } = await golden('list');
    expect(code).toBe(0);
    expect(out).toMatch(/^1 +ok +2 Morgan +was green +2026-11-24 08:00 UTC$/m);
    expect(Math.max(...out.split('\n').map((line) => stringWidth(line)))).toBeLessThanOrEqual(80);
    expect((await golden('remove', '1')).out).toContain('Cup 1 is not golden any more');
    expect((await golden('list')).out).not.toContain('Morgan');
    expect(kept()).toHaveLength(2);
  });

  it('tell of a picture and of a record that were changed, and can take them away', async () => {
    const [one, two] = [greenDraft(), greenDraft()];
    writeJournal(root, [
      { draft: one, picture: somePicture },
      { draft: two, picture: somePicture },
    ]);
    await golden('add', '1', '--truth', 'ok');
    await golden('add', '2', '--truth', 'ok');
    writeFileSync(at('state', 'golden', `${one.id}.jpg`), Buffer.from(somePicture).fill(1, 0, 1));
    writeFileSync(at('state', 'golden', `${two.id}.json`), '{}');
    const { code, out } = await golden('list');
    expect(code).toBe(1);
    expect(out.replaceAll(/\s+/g, ' ')).toContain('its digest differs');
    expect(out).toContain('2 pictures cannot be judged');
    await golden('remove', '1');
    await golden('remove', two.id);
    expect((await golden('list')).out).toContain('No golden picture.');
  });
});

it.each<[string, object, string]>([
  ['a strange field', { more: 1 }, 'additional properties'],
  ['a path as the cup', { cup: '../../etc/passwd' }, '/cup'],
  ['no count in the mode confirm', { expected: { mode: 'confirm', design: 'a', count: null } }, 'no count'],
  ['no design of a cup that is right', { expected: { mode: 'identify', design: null, count: null } }, 'that is right'],
  ['a picture of too many bytes', { picture: { sha256: 'a'.repeat(64), bytes: 1e9 } }, '/picture/bytes'],
  ['an unknown reason', { recorded: { ...goldenRecord().recorded, reasons: ['why'] } }, '/recorded/reasons/0'],
])('a record with %s is refused, and says where', (_, change, where) => {
  const bytes = Buffer.from(JSON.stringify({ ...goldenRecord(), ...change }));
  expect(() => parseGolden(bytes, '/golden/x.json')).toThrow(where);
  expect(() => parseGolden(Buffer.from(JSON.stringify(goldenRecord())), 'x')).not.toThrow();
});
