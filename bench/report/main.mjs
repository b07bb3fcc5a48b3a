// npm run docs:performance: docs/performance.md and its plots from bench/results.json.
// With --check nothing is written, and a page that is not made from these results ends it with 1.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { page } from './page.mjs';
import { plotsOf } from './plots.mjs';

const at = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const folder = at('docs/performance');
const results = JSON.parse(readFileSync(at('bench/results.json'), 'utf8'));
const tried = readFileSync(at('bench/report/tried.md'), 'utf8');
const files = new Map([
  [at('docs/performance.md'), page(results, tried)],
  ...Object.entries(plotsOf(results)).map(([name, svg]) => [`${folder}/${name}`, svg]),
]);
const present = existsSync(folder) ? readdirSync(folder).map((name) => `${folder}/${name}`) : [];
const left = present.filter((path) => !files.has(path));

if (process.argv.includes('--check')) {
  const differs = [...files].filter(([path, text]) => !existsSync(path) || readFileSync(path, 'utf8') !== text);
  for (const path of [...differs.map(([path]) => path), ...left])
    console.log(`${path} is not what npm run docs:performance makes`);
  process.exit(differs.length + left.length === 0 ? 0 : 1);
}
mkdirSync(folder, { recursive: true });
for (const path of left) rmSync(path);
for (const [path, text] of files) writeFileSync(path, text);
console.log(`docs/performance.md and ${files.size - 1} plots`);
