import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { moment } from '../../../src/cli/arguments.js';
import { runCli } from '../../../src/cli/program.js';
import { ControlServer } from '../../../src/daemon/control/server.js';
import { type VerbTable, verb } from '../../../src/daemon/control/verb.js';
import { CupcheckError } from '../../../src/errors.js';
import { ownVersion } from '../../../src/pipeline/bundle/own-version.js';

let folder: string;
let server: ControlServer | null = null;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-cli-'));
});
afterEach(async () => {
  await server?.close();
  server = null;
  rmSync(folder, { recursive: true });
});

const socketPath = () => join(folder, 'control.sock');

/** Runs one command line against this folder's station. */
async function run(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const out: string[] = [];
  const err: string[] = [];
  const terminal = {
    out: (line: string) => void out.push(line),
    err: (line: string) => void err.push(line),
    colour: false,
  };
  const env = { CUPCHECK_CONTROL_SOCKET: socketPath(), CUPCHECK_STATE_PATH: folder };
  const code = await runCli(argv, terminal, env);
  return { code, out: out.join('\n'), err: err.join('\n') };
}

async function serve(verbs: VerbTable): Promise<void> {
  server = new ControlServer({ socketPath: socketPath(), group: 'none', verbs, log: pino({ level: 'silent' }) });
  await server.start();
}
const answers = (result: unknown) => verb({}, () => Promise.resolve(result));

it('says its version, and nothing else', async () => {
  expect(await run('--version')).toEqual({ code: 0, out: ownVersion(), err: '' });
});

describe('exit codes', () => {
  it('0 for help, 2 for wrong usage, with what was given and what to do', async () => {
    expect(await run('--help')).toMatchObject({ code: 0, err: '' });
    const typo = await run('statsu');
    expect(typo).toMatchObject({ code: 2, out: '' });
    expect(typo.err).toContain("unknown command 'statsu'");
    expect(typo.err).toContain('Did you mean status?');
    expect((await run('order', 'set', 'Morgan', '--count', '40')).err).toContain("'40' is invalid");
    expect(await run('order', 'set', 'Morgan')).toMatchObject({ code: 2 });
    expect(await run('order')).toMatchObject({ code: 2 });
    expect(await run('judge', 'x.jpg', '--override', 'everything')).toMatchObject({ code: 2 });
    expect((await run('judge', 'x.jpg', '--precision', 'fp8')).err).toMatch(/Allowed\s+choices are fp32, fp16,\s+int8/);
  });

  it('3 where no station runs', async () => {
    const { code, out, err } = await run('status');
    expect({ code, out }).toEqual({ code: 3, out: '' });
    expect(err).toContain('no station runs there');
    expect(err).toContain('systemctl start cupcheck');
    expect(err).not.toContain('    at ');
  });

  it('4 for a defect, with its stack only on demand', async () => {
    await serve({ 'order.show': verb({}, () => Promise.reject(new TypeError('a defect'))) });
    const { code, err } = await run('order', 'show');
    expect(code).toBe(4);
    expect(err).not.toContain('    at ');
    expect((await run('order', 'show', '--debug')).err).toContain('    at ');
  });

  it('0 for a green, 1 for an amber', async () => {
    const result = {
      seq: 7,
      verdict: 'amber',
      reasons: [{ reason: 'mixed_designs', detail: 'a Peace dollar lies among Morgan dollars' }],
      warnings: [],
      design: 'Morgan',
      order: null,
      score: null,
      threshold: null,
      evidence: null,
      shown: { light: 'amber', at_ns: null },
      count: { seen: 12, expected: 12 },
      ms: { total: 312.4 },
      bundle: null,
      provider: null,
    };
    await serve({ trigger: verb({ tag: {} }, () => Promise.resolve(result)) });
    const { code, out } = await run('trigger');
    expect(code).toBe(1);
    expect(out).toContain('AMBER  cup 7  312 ms');
    expect(out).toContain('mixed_designs: a Peace dollar lies among Morgan dollars');
    result.verdict = 'green';
    expect(await run('trigger', '--json')).toMatchObject({ code: 0, out: JSON.stringify(result) });
  });

  it('2 for what the station refuses, in its words', async () => {
    const refuse = () => Promise.reject(new CupcheckError('ORDER_INVALID', 'the bundle knows no design "Morgen"'));
    await serve({ 'order.set': verb({ design: {}, count: {}, cups: {}, expires: {}, id: {} }, refuse) });
    const { code, err } = await run('order', 'set', 'Morgen', '--count', '12');
    expect(code).toBe(2);
    expect(err).toContain('knows no design "Morgen"');
  });
});

describe('errors', () => {
  it('are one JSON document with --json', async () => {
    const { code, out, err } = await run('status', '--json');
    expect({ code, err }).toEqual({ code: 3, err: '' });
    expect(JSON.parse(out)).toMatchObject({ error: { code: 'NO_DAEMON' } });
  });

  it('cannot move the cursor: control characters of a text are shown as dots', async () => {
    await serve({ 'order.show': verb({}, () => Promise.reject(new CupcheckError('ORDER_INVALID', 'a\u001b[2Jb'))) });
    expect((await run('order', 'show')).err).toContain('a·[2Jb');
  });
});

describe('a station whose config is wrong elsewhere', () => {
  it('is still reached', async () => {
    await serve({ 'order.show': answers({ order: null }) });
    const file = join(folder, 'wrong.yaml');
    writeFileSync(file, 'station:\n  mode: both\n');
    expect(await run('order', 'show', '--config', file)).toMatchObject({ code: 0, out: 'There is no order.' });
  });
});

describe('config', () => {
  it('check names each problem with its line and ends with 2', async () => {
    const file = join(folder, 'config.yaml');
    writeFileSync(file, 'station:\n  nam: x\n  settleMs: fast\n');
    const { code, out } = await run('config', 'check', '--config', file);
    expect(code).toBe(2);
    expect(out.replace(/\n */g, ' ')).toContain(`${file}:2: unknown key station.nam; did you mean station.name?`);
    expect(out).toContain('2 problems found.');
    writeFileSync(file, 'station:\n  name: press-3\n');
    expect(await run('config', 'check', '--config', file)).toMatchObject({ code: 0 });
  });

  it('show tells each value and where it comes from', async () => {
    const file = join(folder, 'config.yaml');
    writeFileSync(file, 'station:\n  name: press-3\n');
    const { code, out } = await run('config', 'show', '--config', file, '--set', 'audit.share=0.1');
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`^station.name: press-3 +# ${file}:2$`, 'm'));
    expect(out).toMatch(/^audit.share: 0.1 +# command line$/m);
    expect(out).toMatch(/^state.path: .+# environment CUPCHECK_STATE_PATH$/m);
    expect(out).toMatch(/^station.mode: confirm +# default$/m);
  });
});

describe('doctor', () => {
  it('without a station checks the rest, and says what to do about each failure', async () => {
    const { code, out } = await run('doctor', '--json', '--set', `bundle.path=${join(folder, 'absent')}`);
    expect(code).toBe(1);
    const { findings } = JSON.parse(out) as { findings: { check: string; state: string; help: string | null }[] };
    const states = Object.fromEntries(findings.map(({ check, state }) => [check, state]));
    expect(states).toMatchObject({ node: 'ok', config: 'ok', bundle: 'fail', station: 'warn', journal: 'ok' });
    for (const { state, help } of findings) expect(help === null).toBe(state === 'ok');
  });

  it('names every problem of a wrong config', async () => {
    const { code, out } = await run('doctor', '--set', 'station.mode=both', '--set', 'x=1');
    expect(code).toBe(1);
    expect(out).toContain('station.mode is "both"');
    expect(out).toContain('unknown key x');
  });
});

describe('journal', () => {
  it('without a database says what makes one', async () => {
    const { code, err } = await run('journal', 'tail');
    expect(code).toBe(2);
    expect(err).toContain('The first start of the station makes it');
  });
});

describe('moments', () => {
  it('are UTC where no zone is given, as all times are printed', () => {
    expect(moment('2026-11-24T08:00')).toEqual(new Date('2026-11-24T08:00:00Z'));
    expect(moment('2026-11-24 08:00:30.5+01:00')).toEqual(new Date('2026-11-24T07:00:30.500Z'));
    expect(moment('2026-11-24')).toEqual(new Date('2026-11-24T00:00:00Z'));
  });

  it.each(['yesterday', '2026-02-31', '2026-11-24T25:00', '2026-13-01', '24.11.2026', '2026-11-24T08', '5w', ''])(
    '%j is refused, with what is allowed',
    (text) => expect(() => moment(text)).toThrow('2026-11-24T08:00Z, or so long ago: 90s, 15m, 8h, 2d'),
  );

  it('of a query must be in their order', async () => {
    const { code, err } = await run('journal', 'query', '--since', '1h', '--until', '2h');
    expect(code).toBe(2);
    expect(err).toContain('which is not before --until');
  });
});
