import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { bundle } from '../../../src/cli/doctor/model.js';
import { loadConfig } from '../../../src/daemon/config/load.js';

const root = new URL('../../../', import.meta.url);
const pages = ['README.md', ...readdirSync(new URL('docs/', root)).map((name) => `docs/${name}`)].filter((name) =>
  name.endsWith('.md'),
);

it.each(pages)('%s points only at what is there', (page) => {
  const text = readFileSync(new URL(page, root), 'utf8');
  const links = [...text.matchAll(/\]\(([^)#\s]+)/g)].map(([, link = '']) => new URL(link, new URL(page, root)));
  const paths = [...text.matchAll(/`((?:src|native|models|scripts|schemas|test|docs)\/[\w./-]+)`/g)];
  const files = [...links, ...paths.map(([, path = '']) => new URL(path, root))];
  for (const file of files.filter(({ protocol }) => protocol === 'file:'))
    expect(existsSync(file), file.href).toBe(true);
});

it('the README names the command that runs the tests', () => {
  expect(readFileSync(new URL('README.md', root), 'utf8')).toMatch(/^npm test$/m);
});

it('the station that docs/technician.md starts may turn green for every design of its pages', async () => {
  const loaded = loadConfig(fileURLToPath(new URL('docs/examples/simulated-station.yaml', root)), {}, []);
  if (!loaded.ok) throw loaded.problems[0];
  expect((await bundle(loaded.config)).detail).toMatch(/, (\d+) of \1 designs covered$/);
});
