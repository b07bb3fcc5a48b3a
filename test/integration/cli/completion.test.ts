import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Cli } from '../../../src/cli/cli.js';
import { completionScript } from '../../../src/cli/completion/script.js';
import { buildProgram } from '../../../src/cli/program.js';

const program = buildProgram(new Cli({ out: () => {}, err: () => {}, colour: false }, {}));
const fixture = (name: string) => fileURLToPath(new URL(`../../fixtures/${name}`, import.meta.url));

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'cupcheck-complete-'));
  mkdirSync(join(folder, 'cups/inner'), { recursive: true });
  mkdirSync(join(folder, 'told'));
  for (const name of ['cups/a.jpg', 'cups/b.jpg']) writeFileSync(join(folder, name), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What the Tab key must offer at the end of each line. */
const wanted: Readonly<Record<string, string>> = {
  'cupcheck ord': 'order',
  'cupcheck order ': 'clear set show',
  'cupcheck order set harbour-2021 --cou': '--count',
  'cupcheck journal query --verdict ': 'amber green',
  'cupcheck journal query --since 2h --reason mi': 'mixed_designs',
  'cupcheck --config x.yaml outbox ': 'drain status',
  'cupcheck resolve 4 ': 'ok wrong',
  'cupcheck resolve ': '',
  'cupcheck judge a.jpg --count ': '',
  'cupcheck completion ': 'bash fish zsh',
  'cupcheck --set log.': 'log.level log.pretty',
  'cupcheck judge cups/': 'cups/a.jpg cups/b.jpg cups/inner',
  'cupcheck evaluate cups/': 'cups/inner',
  // Hidden: systemd runs it.
  'cupcheck lig': '',
};

const shells = {
  bash: ['bash', '--norc', '--noprofile', fixture('complete.bash')],
  zsh: ['zsh', '-f', fixture('complete.zsh')],
  fish: ['fish', '--no-config', fixture('complete.fish')],
} as const;

describe.each(Object.entries(shells))('completion in %s', (shell, [command, ...args]) => {
  it(`offers verbs, options, closed lists, and files where files are meant`, ({ skip }) => {
    if (spawnSync(command, ['-c', 'true']).error !== undefined) skip(`${command} is not installed here`);
    const script = join(folder, `cupcheck.${shell}`);
    writeFileSync(script, completionScript(program, shell as keyof typeof shells));
    const { stdout, stderr } = spawnSync(command, [...args, script, join(folder, 'told')], {
      input: `${Object.keys(wanted).join('\n')}\n`,
      cwd: folder,
      encoding: 'utf8',
      timeout: 100_000,
      env: { PATH: process.env['PATH'], HOME: folder, TERM: 'xterm' },
    });
    expect(stderr).toBe('');
    const offered = stdout.replace(/\n$/, '').split('\n').map(tidy);
    expect(Object.fromEntries(Object.keys(wanted).map((line, index) => [line, offered[index]]))).toEqual(wanted);
  });
});

/** Shells differ in the order, in the slash of a folder, in what they keep of the typed path, and in who adds the "=". */
function tidy(line: string): string {
  const words = new Set(line.split(' ').filter((word) => word !== ''));
  return [...words]
    .map((word) => word.replace(/[/=]$/, ''))
    .map((word) => (/^([ab]\.jpg|inner)$/.test(word) ? `cups/${word}` : word))
    .sort()
    .join(' ');
}
