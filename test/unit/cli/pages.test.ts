import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

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
