// Prints Debian's copyright file: our own terms, those of every npm package below MODULES by its manifest, and Node's licence.
// usage: copyright.mjs MODULES NODE_LICENSE
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const [modules, nodeLicence] = process.argv.slice(2);
if (modules === undefined || nodeLicence === undefined) throw new Error('usage: copyright.mjs MODULES NODE_LICENSE');

const manifests = readdirSync(modules, { recursive: true })
  .filter((path) => /(^|node_modules\/)(@[^/]+\/)?[^/]+\/package\.json$/.test(path))
  .map((path) => join(modules, path))
  .filter((path) => existsSync(path))
  .sort();
const rows = manifests.flatMap((path) => {
  const { name, version, license } = JSON.parse(readFileSync(path, 'utf8'));
  if (name === undefined || version === undefined) return [];
  return [` ${name} ${version}: ${license ?? 'see its folder'} (${relative(dirname(modules), dirname(path))})`];
});
const text = readFileSync(nodeLicence, 'utf8');
console.log(`cupcheck itself is not published: all rights reserved. Copyright by its makers.

It brings npm packages, each with its licence in its folder below /usr/lib/cupcheck:
${rows.join('\n')}

The model bundle and what it was trained on: /usr/lib/cupcheck/models/bundles/first/LICENCES.md

Node.js, /usr/lib/cupcheck/bin/node:

${text}`);
