import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { requireFilePlace, systemReason } from '../../../src/cli/file-place.js';
import { runVerbAt } from '../../fixtures/verb-at.js';

// The whole command line is loaded.
vi.setConfig({ testTimeout: 120_000 });

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cupcheck-place-'));
});
afterEach(() => rmSync(root, { recursive: true }));

it('says which folder is missing, and what to do', async () => {
  const file = join(root, 'a', 'b', 'c.tar');
  await expect(requireFilePlace(file, 'the archive')).rejects.toMatchObject({
    code: 'USAGE',
    message: `the archive ${file} cannot be written: there is no folder ${join(root, 'a', 'b')}. Make it (mkdir -p), or name another place`,
  });
  writeFileSync(join(root, 'a'), '');
  await expect(requireFilePlace(join(root, 'a', 'c.tar'), 'it')).rejects.toThrow(`${join(root, 'a')} is no folder`);
  mkdirSync(join(root, 'd'));
  await expect(requireFilePlace(join(root, 'd'), 'it')).rejects.toThrow('it is not a plain file');
  await expect(requireFilePlace(join(root, 'd', 'c.tar'), 'it')).resolves.toBeUndefined();
  await expect(requireFilePlace('c.tar', 'it')).resolves.toBeUndefined();
});

it('keeps the system’s reason without its call and path', () => {
  expect(systemReason(new Error("EROFS: read-only file system, open '/a, b/c.new'"))).toBe(
    'EROFS: read-only file system',
  );
  expect(systemReason(new Error('ENOSPC: no space left on device, write'))).toBe('ENOSPC: no space left on device');
});

it('is looked at before anything is gathered', async () => {
  writeFileSync(join(root, 'config.yaml'), '');
  const out = join(root, 'nowhere', 's.tar.gz');
  const { code, err } = await runVerbAt(root, ['support-bundle', '--out', out]);
  expect(code).toBe(2);
  expect(err.replace(/\s+/g, ' ')).toContain(`there is no folder ${join(root, 'nowhere')}. Make it (mkdir -p)`);
  expect(err).not.toMatch(/ENOENT|\.new/);
});
