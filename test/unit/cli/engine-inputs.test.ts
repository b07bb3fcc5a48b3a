import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { explainError } from '../../../src/cli/explain-error.js';
import { changeEngines } from '../../../src/daemon/engines/engine-store.js';
import { CupcheckError } from '../../../src/errors.js';
import { writeJournal } from '../../fixtures/golden-station.js';
import { colourNetworkIn8Bits, writeTinyBundle } from '../../fixtures/tiny-bundle.js';
import { runVerbAt } from '../../fixtures/verb-at.js';

// The verbs load much on their first use.
vi.setConfig({ testTimeout: 60_000 });

let root: string;
const at = (...names: string[]) => join(root, ...names);
const run = (line: string) => runVerbAt(root, line.replaceAll('DIR', root).split(' '));

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'cc-'));
  writeJournal(root, []);
  mkdirSync(at('empty'));
  writeTinyBundle(at('bundle'));
  writeTinyBundle(at('other'), undefined, colourNetworkIn8Bits());
  const bundle = { path: at('bundle'), allowUnsigned: 'any' };
  writeFileSync(at('config.yaml'), stringify({ bundle }));
});
afterAll(() => rmSync(root, { recursive: true }));
afterEach(() => rmSync(at('state', 'engines'), { recursive: true, force: true }));

/** What was said, without its breaks; each line must have fitted. */
function fitting(text: string): string {
  for (const line of text.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80);
  return text.replaceAll(/\s+/g, ' ');
}

describe('what is wrong is named, with what to do, and nothing is changed:', () => {
  it.each([
    ['engine build --provider gpu', "'gpu'", 'tensorrt, cpu', 'USAGE'],
    ['engine build --precision fp8', "'fp8'", 'fp32, fp16, int8, auto', 'USAGE'],
    ['engine build nobody-1.0.0', '"nobody-1.0.0"', 'cupcheck bundle list', 'BUNDLE_UNKNOWN'],
    ['engine build previous', 'previous', 'cupcheck bundle list', 'BUNDLE_UNKNOWN'],
    ['engine build DIR/empty', '/empty"', 'cupcheck bundle list', 'BUNDLE_UNKNOWN'],
    ['engine status now', "'status'", 'cupcheck --help', 'USAGE'],
    ['engine prune --all', "'--all'", 'cupcheck --help', 'USAGE'],
    ['engine status --set bundle.path=DIR/nowhere', '/nowhere', 'set bundle.path', 'BUNDLE_MISSING'],
    ['engine prune --set engines.path=DIR/config.yaml', '/config.yaml', 'may write there', 'ENGINE_STORE'],
    ['bundle diff active', "'now'", 'cupcheck --help', 'USAGE'],
    ['bundle diff previous active', 'previous', 'cupcheck bundle list', 'BUNDLE_UNKNOWN'],
    ['bundle diff active nobody-1.0.0', '"nobody-1.0.0"', 'cupcheck bundle list', 'BUNDLE_UNKNOWN'],
    ['bundle diff active DIR/empty', '/empty/manifest.json', 'Install a bundle', 'BUNDLE_MISSING'],
    ['bundle diff active DIR/other --last 0', "'0'", 'from 1 to 10000', 'USAGE'],
  ])('%s', async (line, value, advice, code) => {
    const ended = await run(line);
    const said = fitting(ended.err);
    expect(ended).toMatchObject({ code: 2, out: '' });
    for (const part of [value, advice, `(${code})`]) expect(said).toContain(part);
    expect(readdirSync(at('state'))).not.toContain('engines');
  });
});

describe('two bundles', () => {
  it('that are the same one are named so', async () => {
    const { err } = await run('bundle diff active DIR/bundle');
    expect(fitting(err)).toMatch(/^active and \S+ are the same bundle, tiny 1\.0\.0 \([0-9a-f]{12}\): nothing of it/);
  });

  it('are not said to judge alike where there was nothing to compare', async () => {
    const ended = await run('bundle diff active DIR/other');
    expect(ended).toMatchObject({ code: 1, out: '' });
    expect(fitting(ended.err)).toContain('Nothing was compared.');
    const { out, code } = await run('bundle diff active DIR/other --json');
    expect(JSON.parse(out)).toMatchObject({ type: 'summary', cups: 0, golden: { cups: 0 } });
    expect(code).toBe(1);
  });
});

describe('an engine store', () => {
  it('that another command changes is not pruned meanwhile', async () => {
    await changeEngines(at('state', 'engines'), async () => {
      const { code, err } = await run('engine prune');
      expect(code).toBe(2);
      expect(fitting(err)).toMatch(new RegExp(`process ${process.pid} changes .*Wait until .*ENGINE_BUSY`));
    });
  });

  it('has nothing to prune where there is none', async () => {
    expect(await run('engine prune')).toMatchObject({
      code: 0,
      out: expect.stringContaining('Nothing to do') as string,
    });
  });
});

describe('what this user may not read', () => {
  const cause = Object.assign(new Error('EACCES: permission denied, open'), { code: 'EACCES' });
  const denied = new CupcheckError('BUNDLE_STATE', '/state/bundle-state.json: EACCES', { cause });
  const said = (error: CupcheckError, uid: number) => {
    vi.spyOn(process, 'geteuid').mockReturnValue(uid);
    const lines: string[] = [];
    const terminal = { out: () => {}, err: (line: string) => void lines.push(line), colour: false };
    const code = explainError(error, terminal, { json: false, debug: false });
    return { code, text: lines.join(' ') };
  };
  afterEach(() => vi.restoreAllMocks());

  it('is not taken for damaged: sudo is what helps', () => {
    const { code, text } = said(denied, 1000);
    expect(text).toContain('sudo');
    expect(text).not.toContain('backup');
    expect(code).toBe(2);
  });

  it('keeps its own advice for root, and for the group of the control socket', () => {
    expect(said(denied, 0).text).toContain('backup');
    const socket = said(new CupcheckError('SOCKET_DENIED', 'you may not use it', { cause }), 1000);
    expect(socket).toMatchObject({ code: 3, text: expect.stringContaining('group cupcheck') as string });
  });
});
