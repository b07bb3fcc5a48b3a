import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commandHelps } from '../../../src/cli/reference/cli-reference.js';
import { shareFiles } from '../../../src/cli/share.js';
import { keyDocs } from '../../../src/daemon/config/docs.js';

const pages = Object.entries(shareFiles()).filter(([name]) => name.startsWith('man/'));
const page = (name: string) => pages.find(([path]) => basename(path) === name)?.[1] ?? '';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-man-'));
  for (const [path, text] of pages) writeFileSync(join(folder, basename(path)), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the man pages', () => {
  it('tell of every command that people use, and of every key', () => {
    const unquoted = (name: string) => page(name).replaceAll('\\-', '-');
    for (const { name } of commandHelps(false).slice(1)) expect(unquoted('cupcheck.1')).toContain(`.SS ${name}`);
    for (const { name } of keyDocs()) expect(unquoted('cupcheck-config.5')).toContain(`\\fB${name}\\fR`);
  });

  /** The same program makes the same page on any day. */
  const meant = /missing date, using ""/;
  const checkers: readonly (readonly [command: string, ...args: string[]])[] = [
    ['man', '--warnings', '--local-file', '-E', 'UTF-8', '-Tutf8', '-Z'],
    ['mandoc', '-T', 'lint', '-W', 'warning'],
    ['groff', '-ww', '-man', '-T', 'utf8', '-K', 'utf8', '-z'],
  ];
  const asked = pages.flatMap(([path]) => checkers.map((checker) => [basename(path), ...checker] as const));
  it.for(asked)('%s pleases %s', ([name, command, ...args], { skip }) => {
    if (spawnSync(command, ['--version']).error !== undefined) skip(`${command} is not installed here`);
    const { status, stdout, stderr } = spawnSync(command, [...args, join(folder, name)], { encoding: 'utf8' });
    // mandoc says what it finds on its output, the others on their error stream.
    const said = (command === 'mandoc' ? stdout : stderr).split('\n').filter((line) => !meant.test(line));
    expect(said.join('\n')).toBe('');
    // mandoc says 1 and 2 for what it tells of.
    expect(status).toBeLessThanOrEqual(command === 'mandoc' ? 2 : 0);
  });
});
