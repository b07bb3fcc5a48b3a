// Puts the Node that the package brings, with its headers, into FOLDER: from the npm package node-linux-CPU, in the version
// and with the digest of packaging/node.json. Its headers' ObjectWrap is mended (docs/decisions/0107). usage: fetch-node.mjs x64|arm64 FOLDER
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
  withoutHooks(join(folder, 'include/node/node_object_wrap.h'));
} finally {
  rmSync(workshop, { recursive: true });
}

/** An object that is collected while no context is entered takes its hook back, and that ends the process. */
function withoutHooks(header) {
  const calls = /^ +(Add|Remove)CleanupHook\(\);\n/gm;
  const text = readFileSync(header, 'utf8');
  const count = text.match(calls)?.length ?? 0;
  if (count !== 2) throw new Error(`${header} calls its hooks ${count} times, not 2: see docs/decisions/0107`);
  writeFileSync(header, text.replaceAll(calls, ''));
}
