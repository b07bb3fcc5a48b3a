// Takes out of a production node_modules what a station never loads: packages that only serve an installation, other
// platforms' binaries, programs of the packages' own, sources, pages, types and tests. Licences stay. usage: prune-modules.mjs FOLDER x64|arm64
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

const [root, cpu] = process.argv.slice(2);
if (root === undefined || !['x64', 'arm64'].includes(cpu)) throw new Error('usage: prune-modules.mjs FOLDER x64|arm64');

/** Dependencies that only an install script or a compilation uses. */
const forInstalling = {
  cupcheck: ['node-addon-api'],
  'better-sqlite3': ['prebuild-install'],
  epoll: ['nan'],
  'onnxruntime-node': ['adm-zip', 'global-agent'],
};
/** What stays of a package that holds more than a station needs; a trailing slash keeps the folder. */
const kept = {
  'better-sqlite3': ['lib/', 'build/Release/better_sqlite3.node'],
  'onnxruntime-node': ['dist/', `bin/napi-v6/linux/${cpu}/`],
  sharp: ['lib/'],
};
const alwaysKept = /^(package\.json|licen[cs]e.*|notice.*|third.party.*|copying.*|versions\.json)$/i;
const neverLoaded = /(\.([cm]?ts|map|md|markdown|html|flow|tsbuildinfo|c|cc|cpp|h)|^\..*)$/i;
/** Folders of a package that are there for those who change it. */
const forItsMakers = /^(tests?|__tests__|benchmarks?|examples?|\.github)$/i;
const licence = /^(licen[cs]e|notice|third.party|copying)/i;

/** Where `name` is found by a package that lies in `from`, as Node looks for it. */
function resolve(name, from) {
  for (let folder = from; ; folder = dirname(folder)) {
    const found = join(folder, 'node_modules', name);
    if (existsSync(join(found, 'package.json'))) return found;
    if (folder === root || folder === dirname(folder)) return null;
  }
}

const needed = new Map();
function visit(folder) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const skipped = forInstalling[manifest.name] ?? [];
  const loaded = (name) => !skipped.includes(name) && !name.startsWith('@types/');
  const names = Object.keys({
    ...manifest.dependencies,
    ...manifest.optionalDependencies,
    ...manifest.peerDependencies,
  });
  for (const name of names.filter(loaded)) {
    const found = resolve(name, folder);
    if (found === null) {
      if (manifest.dependencies?.[name] === undefined || manifest.optionalDependencies?.[name] !== undefined) continue;
      throw new Error(`${manifest.name} needs ${name}, which is not installed`);
    }
    if (needed.has(found)) continue;
    needed.set(found, name);
    visit(found);
  }
}
visit(root);

function* packages(modules) {
  for (const entry of readdirSync(modules)) {
    if (entry.startsWith('.')) rmSync(join(modules, entry), { recursive: true });
    else if (entry.startsWith('@'))
      for (const scoped of readdirSync(join(modules, entry))) yield join(modules, entry, scoped);
    else yield join(modules, entry);
  }
}

/** The commands that a package offers on a terminal, as paths within it. */
function programsOf(folder) {
  const { bin = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return (typeof bin === 'string' ? [bin] : Object.values(bin)).map((path) => normalize(path));
}

function prune(folder, name, top = folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const inside = relative(top, path);
    if (entry.isDirectory()) {
      if (entry.name === 'node_modules') continue;
      if (inside === entry.name && forItsMakers.test(inside)) {
        rmSync(path, { recursive: true });
        continue;
      }
      if (kept[name]?.every((keep) => !keep.startsWith(`${inside}/`) && !`${inside}/`.startsWith(keep))) {
        rmSync(path, { recursive: true });
        continue;
      }
      prune(path, name, top);
      if (readdirSync(path).length === 0) rmSync(path, { recursive: true });
    } else if (!stays(entry.name, inside, name)) rmSync(path);
  }
}

function stays(file, inside, name) {
  if (licence.test(file)) return true;
  if (inside === file && alwaysKept.test(file)) return true;
  if (neverLoaded.test(file)) return false;
  return kept[name]?.some((keep) => inside === keep || inside.startsWith(keep)) ?? true;
}

function clean(modules) {
  for (const folder of [...packages(modules)]) {
    const name = needed.get(folder);
    if (name === undefined) {
      rmSync(folder, { recursive: true });
      continue;
    }
    for (const program of programsOf(folder)) rmSync(join(folder, program), { force: true });
    prune(folder, name);
    if (existsSync(join(folder, 'node_modules'))) clean(join(folder, 'node_modules'));
  }
}
clean(join(root, 'node_modules'));
