// Writes what a system keeps in /usr/share: man pages and completion scripts, from the compiled program: npm run share.
// A package copies the folder as it is. usage: generate-share.mjs [FOLDER]; default build/share
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shareFiles } from '../dist/cli/share.js';

const folder = process.argv[2] ?? fileURLToPath(new URL('../build/share', import.meta.url));
for (const [name, text] of Object.entries(shareFiles())) {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
