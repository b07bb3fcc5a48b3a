// Puts the Node that the package brings, with its headers, into FOLDER: from the npm package node-linux-CPU, in the version
// and with the digest of packaging/node.json. usage: fetch-node.mjs x64|arm64 FOLDER
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [cpu, folder] = process.argv.slice(2);
const { version, integrity } = JSON.parse(readFileSync(new URL('node.json', import.meta.url), 'utf8'));
const wanted = integrity[cpu];
if (wanted === undefined || folder === undefined) throw new Error('usage: fetch-node.mjs x64|arm64 FOLDER');

const workshop = mkdtempSync(join(tmpdir(), 'cupcheck-node-'));
try {
  const spec = `node-linux-${cpu}@${version}`;
  const args = ['pack', spec, '--pack-destination', workshop, '--silent'];
  const archive = join(workshop, execFileSync('npm', args, { encoding: 'utf8' }).trim());
  const found = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (found !== wanted) throw new Error(`${spec} has the digest ${found}; packaging/node.json says ${wanted}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-xzf', archive, '-C', folder, '--strip-components=1', '--no-same-owner']);
} finally {
  rmSync(workshop, { recursive: true });
}
