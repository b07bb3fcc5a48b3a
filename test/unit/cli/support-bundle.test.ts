import { mkdtempSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { amberPictures } from '../../../src/cli/support/amber-pictures.js';
import { makeSupportBundle } from '../../../src/cli/support/make-support-bundle.js';
import { lastLines, makePart, type PartPlan } from '../../../src/cli/support/part.js';
import { redacted, withoutSecrets } from '../../../src/cli/support/redact.js';
import { StepProgress } from '../../../src/cli/progress/step-progress.js';
import { systemLog } from '../../../src/cli/support/system-log.js';
import { keys } from '../../../src/daemon/config/keys.js';
import { loadConfig } from '../../../src/daemon/config/load.js';
import { pictureDigest } from '../../../src/daemon/journal/pictures.js';
import type { Result } from '../../../src/daemon/result.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-support-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const { signal } = new AbortController();

describe('secrets', () => {
  it('of the config are marked: a key that sounds like one is sensitive', () => {
    const sounding = keys.filter(({ name }) => /password|secret|token|key/i.test(name));
    expect(sounding.map(({ name }) => name)).toEqual(['mqtt.passwordFile', 'mqtt.key']);
    for (const { name, key } of sounding) expect(key.sensitive, name).toBe(true);
  });

  it('of the config are removed, and that they are set stays to be seen', () => {
    const { values } = loadConfig(join(folder, 'none.yaml'), {}, ['mqtt.username=line-7', 'mqtt.base=press']);
    const shown = new Map(withoutSecrets(values).map(({ name, value }) => [name, value]));
    expect(shown.get('mqtt.username')).toBe('(removed)');
    expect(shown.get('mqtt.passwordFile')).toBeNull();
    expect(shown.get('mqtt.base')).toBe('press');
    expect(JSON.stringify([...shown])).not.toContain('line-7');
  });

  it('of the config are in no message about a wrong one', () => {
    const loaded = loadConfig(join(folder, 'none.yaml'), {}, [`mqtt.username=${'line-7'.repeat(50)}`]);
    const said = loaded.ok ? '' : loaded.problems.map(({ message }) => message).join();
    expect(said).toContain('mqtt.username is not shown, allowed is');
    expect(said).not.toContain('line-7');
  });

  it.each([
    ['mqtts://anna:hunter2@broker:8883/x', 'mqtts://(removed)@broker:8883/x'],
    ['password: hunter2, next', 'password: (removed), next'],
    ['{"apiKey":"hun\\"ter2","n":1}', '{"apiKey":"(removed)","n":1}'],
    ['{"hasToken":true,"n":1}', '{"hasToken":"(removed)","n":1}'],
    ['{"mqtt.passwordFile":null}', '{"mqtt.passwordFile":null}'],
    ['{"mqtt.passwordFile":{"value":1}}', '{"mqtt.passwordFile":{"value":1}}'],
    ["CUPCHECK_SECRET='hunter2' x", "CUPCHECK_SECRET='(removed)' x"],
    ['a -----BEGIN PRIVATE KEY-----\nMC4\n-----END PRIVATE KEY----- b', 'a (removed) b'],
    ['a -----BEGIN RSA PRIVATE KEY-----\nMC4', 'a (removed)'],
    ['item 2 like token-large: -0.123, wanted 0.1', 'item 2 like token-large: -0.123, wanted 0.1'],
    ['cup 3: no secret here', 'cup 3: no secret here'],
  ])('in a text are removed: %s', (text, without) => {
    expect(redacted(text)).toBe(without);
    if (text.startsWith('{')) expect(() => void JSON.parse(redacted(text))).not.toThrow();
  });
});

describe('a part', () => {
  const plan = (changes: Partial<PartPlan>): PartPlan => ({
    name: 'log.txt',
    what: '',
    limitBytes: 20,
    over: 'leave_out',
    make: () => Promise.resolve('one\ntwo\n'),
    ...changes,
  });
  const textOf = async (changes: Partial<PartPlan>) => {
    const { part, leftOut } = await makePart(plan(changes), signal);
    return { text: part === null ? null : Buffer.from(part.bytes).toString(), leftOut };
  };

  it('that is too large is left out, or cut to its last whole lines, and says so', async () => {
    expect(await textOf({})).toEqual({ text: 'one\ntwo\n', leftOut: [] });
    const long = () => Promise.resolve('first line\nsecond\nthird line\n');
    const why = 'it has 29 bytes, its limit is 20';
    expect(await textOf({ make: long })).toEqual({ text: null, leftOut: [{ what: 'log.txt', why }] });
    expect(await textOf({ make: long, over: 'keep_end' })).toEqual({
      text: 'second\nthird line\n',
      leftOut: [{ what: 'the beginning of log.txt', why }],
    });
  });

  it('never exceeds its limit, wherever the limit falls', () => {
    const text = Buffer.from('a\nbb\nccc\nd\n');
    for (let limit = 0; limit <= text.length; limit++) {
      const cut = lastLines(text, limit);
      expect(cut.length).toBeLessThanOrEqual(limit);
      expect(text.toString().endsWith(cut.toString())).toBe(true);
      if (cut.length < text.length && cut.length > 0) expect(text[text.length - cut.length - 1]).toBe(10);
    }
    expect(lastLines(text, 6).toString()).toBe('ccc\nd\n');
    expect(lastLines(Buffer.from('one long line'), 5)).toHaveLength(0);
  });

  it('holds no secret', async () => {
    const make = () => Promise.resolve('token=abc\n');
    expect((await textOf({ make })).text).toBe('token=(removed)\n');
  });

  it('that cannot be had is left out with the reason; one that hangs does not hold up who leaves', async () => {
    const make = () => Promise.reject(new Error('no such thing'));
    expect(await textOf({ make })).toEqual({ text: null, leftOut: [{ what: 'log.txt', why: 'no such thing' }] });
    const leaving = new AbortController();
    const hanging = makePart(plan({ make: () => new Promise(() => undefined) }), leaving.signal);
    leaving.abort(new Error('left'));
    await expect(hanging).rejects.toThrow('left');
  });
});

describe('the bar', () => {
  it('is drawn after a second, in a terminal alone, and taken away', () => {
    let nowMs = 0;
    const drawn: string[] = [];
    const errScreen = { write: (text: string) => void drawn.push(text), columns: 60, rows: 24 };
    const terminal = { out: () => undefined, err: () => undefined, colour: false };
    const [shown, piped] = [{ ...terminal, errScreen }, terminal].map((to) => new StepProgress(to, 4, () => nowMs));
    shown?.begin('versions.json');
    expect(drawn).toEqual([]);
    nowMs = 1000;
    shown?.begin('doctor.txt');
    piped?.begin('doctor.txt');
    shown?.end();
    expect(drawn).toEqual(['\r\u001b[K[######..................] doctor.txt', '\r\u001b[K']);
  });
});

describe('the log', () => {
  const program = (script: string) => {
    const path = join(folder, 'journalctl');
    writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return path;
  };

  it('is what journalctl says of both units', async () => {
    expect(await systemLog(signal, program('echo "$@"'))).toMatch(/--unit=cupcheck --unit=cupcheck-light .*--no-pager/);
  });

  it('says why there is none', async () => {
    await expect(systemLog(signal, join(folder, 'none'))).rejects.toThrow('there is no');
    await expect(systemLog(signal, program('true'))).rejects.toThrow('has no line of cupcheck and cupcheck-light');
    await expect(systemLog(signal, program('echo broken >&2; exit 3'))).rejects.toThrow('broken');
  });
});

describe('pictures', () => {
  it('are the newest that the limit lets through; what is missing is told', async () => {
    const amber = (seq: number, bytes: number | null) => {
      const jpeg = Buffer.alloc(bytes ?? 0, seq);
      if (bytes !== null) writeFileSync(join(folder, `${seq}.jpg`), jpeg);
      return { seq, verdict: 'amber', image: { path: `${seq}.jpg`, sha256: pictureDigest(jpeg) } } as Result;
    };
    const { parts, leftOut } = await amberPictures(folder, [amber(1, 60), amber(2, null), amber(3, 60)], signal, 100);
    expect(parts.map(({ name }) => name)).toEqual(['cup-3.jpg']);
    expect(leftOut.map(({ what }) => what)).toEqual(['the picture of cup 2', 'the picture of cup 1']);
    expect(leftOut[0]?.why).toContain('is gone');
    expect(leftOut[1]?.why).toContain('100 bytes together');
  });
});

describe('the bundle of a station that was never started and whose config is wrong', () => {
  it('is made all the same, for its owner alone, and says what it lacks', async () => {
    mkdirSync(join(folder, 'state'));
    const loaded = loadConfig(join(folder, 'none.yaml'), {}, [
      `state.path=${join(folder, 'state')}`,
      `control.socket=${join(folder, 'none.sock')}`,
      'station.name=press-3',
      'station.mode=both',
      'mqtt.username=line-7',
    ]);
    expect(loaded.ok).toBe(false);
    const out = join(folder, 'out.tar.gz');
    const at = new Date('2026-11-28T19:00:00.123Z');
    const made = await makeSupportBundle(loaded, { out, last: 5, pictures: true, at, signal, onStep: () => undefined });
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(statSync(out).size).toBe(made.bytes);
    const text = gunzipSync(readFileSync(out)).toString('latin1');
    expect(text.length % 512).toBe(0);
    expect(text).toContain('press-3-20261128T190000Z/MANIFEST.txt');
    expect(text).toContain('The station did not answer');
    expect(text).toContain('station.mode is \\"both\\"');
    expect(text).not.toContain('line-7');
    expect(made.parts.map(({ name }) => name)).toEqual(['MANIFEST.txt', 'versions.json', 'config.json', 'doctor.txt']);
    const missing = made.leftOut.map(({ what }) => what);
    expect(missing).toEqual(
      expect.arrayContaining(['status.json', 'journal.json', 'ambers.jsonl', 'pictures', 'secrets']),
    );
    await expect(
      makeSupportBundle(loaded, { out: folder, last: 5, pictures: false, at, signal, onStep: () => undefined }),
    ).rejects.toMatchObject({ code: 'USAGE' });
  }, 60_000);
});
