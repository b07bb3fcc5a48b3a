import { execFileSync, spawnSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const { version } = JSON.parse(readFileSync(at('package.json'), 'utf8')) as { version: string };
const architecture = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
const deb = at(`build/package/cupcheck_${version}_${architecture}.deb`);

/** The package that `npm run package` built for this machine, unpacked into a folder and run from there. */
describe('the package', () => {
  let root: string;
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'cupcheck-package-'));
    execFileSync('dpkg-deb', ['-x', deb, root]);
  });
  afterAll(() => rmSync(root, { recursive: true }));

  const field = (name: string): string => execFileSync('dpkg-deb', ['-f', deb, name], { encoding: 'utf8' }).trim();
  /** Runs the packaged command with no Node to be found but its own. */
  function cupcheck(...args: string[]): { status: number | null; stdout: string; stderr: string } {
    const env = { PATH: '/usr/bin:/bin', HOME: root, LC_ALL: 'C.UTF-8' };
    return spawnSync(join(root, 'usr/bin/cupcheck'), args, { encoding: 'utf8', env });
  }
  const files = (): string[] =>
    readdirSync(root, { recursive: true, encoding: 'utf8' }).filter(
      (path) => !lstatSync(join(root, path)).isDirectory(),
    );

  it('runs, on the Node that it brings', () => {
    expect(cupcheck('--version')).toMatchObject({ status: 0, stdout: `${version}\n` });
    const { findings } = JSON.parse(cupcheck('doctor', '--json').stdout) as {
      findings: { check: string; detail: string }[];
    };
    const found = (check: string) => findings.find((finding) => finding.check === check)?.detail;
    const pinned = JSON.parse(readFileSync(at('packaging/node.json'), 'utf8')) as { version: string };
    expect(found('node')).toBe(`Node ${pinned.version}`);
    expect(found('native addon')).toBe('loads');
    expect(found('bundle')).toContain('designs covered');
    expect(found('providers')).toBe('cpu');
  });

  it('judges the demo’s cups as this checkout does', () => {
    const cups = ['02-harbour-2021.jpg', '03-impostor.jpg'].map((name) => at(`models/demo/${name}`));
    const options = [
      '--expect',
      'harbour-2021',
      '--count',
      '5',
      '--px-per-mm',
      '8',
      '--reference',
      at('models/demo/empty.jpg'),
      '--unread',
      'accept',
      '--json',
    ];
    const verdicts = (text: string) =>
      text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { verdict: string }).verdict);
    const packaged = cupcheck('judge', ...cups, ...options);
    expect(packaged.stderr).toBe('');
    expect(verdicts(packaged.stdout)).toEqual(['green', 'amber']);
    expect(
      verdicts(spawnSync(at('bin/cupcheck'), ['judge', ...cups, ...options], { encoding: 'utf8' }).stdout),
    ).toEqual(['green', 'amber']);
  });

  it('opens a journal with the SQLite that it brings', () => {
    const { status, stderr } = cupcheck('journal', 'verify', '--set', `state.path=${root}`);
    expect(status).not.toBe(4);
    expect(stderr).toContain('JOURNAL_MISSING');
  });

  it('holds units, rules, users, man pages and completion, and no config', () => {
    const all = files();
    for (const path of [
      'lib/systemd/system/cupcheck.service',
      'lib/systemd/system/cupcheck-light.service',
      'lib/systemd/system/cupcheck.target',
      'lib/udev/rules.d/60-cupcheck.rules',
      'usr/lib/sysusers.d/cupcheck.conf',
      'usr/lib/tmpfiles.d/cupcheck.conf',
      'usr/share/man/man1/cupcheck.1.gz',
      'usr/share/man/man5/cupcheck-config.5.gz',
      'usr/share/bash-completion/completions/cupcheck',
      'usr/share/doc/cupcheck/copyright',
      'usr/share/doc/cupcheck/examples/config.yaml',
    ]) {
      expect(all).toContain(path);
    }
    expect(all.filter((path) => path.startsWith('etc/'))).toEqual([]);
  });

  it('brings no source, no other platform’s binary, nothing that only serves an installation', () => {
    const all = files();
    expect(all.filter((path) => /\.(ts|map|cc|h)$/.test(path))).toEqual([]);
    expect(all.filter((path) => /darwin|win32|linuxmusl/.test(path))).toEqual([]);
    expect(
      all.filter((path) => /node_modules\/(prebuild-install|adm-zip|node-addon-api|typescript|vitest)\//.test(path)),
    ).toEqual([]);
  });

  it('depends on few libraries, each of which a Debian 12 and an Ubuntu 22.04 have', () => {
    const names = field('Depends')
      .split(', ')
      .map((each) => each.replace(/ \(.*\)/, ''));
    expect(names.sort()).toEqual([
      'init-system-helpers',
      'libc6',
      'libgcc-s1',
      'libstdc++6',
      'libturbojpeg0 | libturbojpeg',
      'passwd',
      'systemd',
      'udev',
      'util-linux',
    ]);
  });
});
