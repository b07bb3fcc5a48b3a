// Prints the Depends of a package from the ELF files below FOLDER: every shared library that they need and do not bring, with
// the oldest glibc and libstdc++ whose symbols they use. Refuses what Ubuntu 22.04 (JetPack 6) could not run.
// usage: depends.mjs FOLDER
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';

const root = process.argv[2];
if (root === undefined) throw new Error('usage: depends.mjs FOLDER');

/** Debian's package of each library; the second name is Ubuntu's. */
const packages = [
  [/^(libc|libm|libresolv|libdl|librt|libpthread|ld-linux[-\w]*)\.so\.\d$/, 'libc6'],
  [/^libstdc\+\+\.so\.6$/, 'libstdc++6'],
  [/^libgcc_s\.so\.1$/, 'libgcc-s1'],
  [/^libatomic\.so\.1$/, 'libatomic1'],
  [/^libturbojpeg\.so\.0$/, 'libturbojpeg0 | libturbojpeg'],
];
/** The versions of Ubuntu 22.04. */
const newest = { GLIBC: '2.35', GLIBCXX: '3.4.30' };
/** The release of GCC that brought a version of GLIBCXX; source: the ABI policy page of libstdc++. */
const gccOf = { '3.4.26': '9', '3.4.27': '9.2', '3.4.28': '9.3', '3.4.29': '11', '3.4.30': '12' };

const files = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name))
  .filter(isElf);
const brought = new Set(files.map((file) => basename(file)));
const found = new Set();
const oldest = { GLIBC: '0', GLIBCXX: '0' };
for (const file of files) {
  const text = execFileSync('readelf', ['--wide', '--dynamic', '--version-info', file], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  for (const [, library] of text.matchAll(/\(NEEDED\).*\[(.+)\]/g)) {
    if (brought.has(library)) continue;
    const known = packages.find(([pattern]) => pattern.test(library));
    if (known === undefined)
      throw new Error(`${file} needs ${library}, of which packaging/depends.mjs knows no package`);
    found.add(known[1]);
  }
  const needs = text.slice(text.indexOf('Version needs section'));
  for (const [, name, version] of needs.matchAll(/\b(GLIBCXX|GLIBC)_([\d.]+)/g)) {
    if (compare(version, newest[name]) > 0)
      throw new Error(`${file} needs ${name}_${version}; Ubuntu 22.04 has ${newest[name]}`);
    if (compare(version, oldest[name]) > 0) oldest[name] = version;
  }
}
if (files.length === 0) throw new Error(`there is no ELF file in ${root}`);

const versioned = { libc6: oldest.GLIBC, 'libstdc++6': gccOf[oldest.GLIBCXX] ?? '9' };
console.log(
  [...found]
    .sort()
    .map((name) => (versioned[name] === undefined ? name : `${name} (>= ${versioned[name]})`))
    .join(', '),
);

function isElf(file) {
  const head = Buffer.alloc(4);
  const fd = openSync(file, 'r');
  try {
    return readSync(fd, head, 0, 4, 0) === 4 && head.toString('latin1') === '\x7fELF';
  } finally {
    closeSync(fd);
  }
}

function compare(one, other) {
  const [a, b] = [one, other].map((version) => version.split('.').map(Number));
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
