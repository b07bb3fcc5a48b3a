import { CupcheckError } from '../../errors.js';

/** Tar's unit: a header is one block, a file is filled up to whole blocks, two empty ones end the archive. */
export const blockBytes = 512;

/** What a header of our one form says: a plain file of so many bytes. */
export interface TarEntry {
  readonly name: string;
  readonly bytes: number;
}

/** At most 100 plain characters: what the manifest allows as the name of a file. */
const plainName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/;

/** Fields of a POSIX.1-1988 header (ustar): where each begins, and its length. */
const field = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
  deviceMajor: [329, 8],
  deviceMinor: [337, 8],
} as const;
type Field = keyof typeof field;

const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;

/**
 * The header of a plain file, in the only form that is written and read here: mode 0644, owner 0, no time. So the bytes of an
 * archive follow from its files alone, and there is nothing in it that could be changed without a trace.
 */
export function headerOf({ name, bytes }: TarEntry): Buffer {
  const header = Buffer.alloc(blockBytes);
  const put = (at: Field, text: string) => header.write(text, field[at][0], 'latin1');
  put('name', name);
  put('mode', octal(0o644, 8));
  put('uid', octal(0, 8));
  put('gid', octal(0, 8));
  put('size', octal(bytes, 12));
  put('mtime', octal(0, 12));
  put('checksum', '        ');
  put('type', '0');
  put('magic', 'ustar\x0000');
  put('deviceMajor', octal(0, 8));
  put('deviceMinor', octal(0, 8));
  const sum = header.reduce((total, byte) => total + byte, 0);
  put('checksum', `${sum.toString(8).padStart(6, '0')}\0 `);
  return header;
}

/** Bytes that fill a file up to whole blocks. */
export const fillBytes = (bytes: number): number => (blockBytes - (bytes % blockBytes)) % blockBytes;

const kinds: Readonly<Record<string, string>> = {
  '1': 'a hard link',
  '2': 'a symbolic link',
  '3': 'a device',
  '4': 'a device',
  '5': 'a folder',
  '6': 'a pipe',
  x: 'an extended header',
  g: 'an extended header',
  L: 'a long name',
  K: 'a long name',
  S: 'a file with holes',
};

const refuse = (what: string) => new CupcheckError('BUNDLE_ARCHIVE', `the archive holds ${what}`);

const packed: readonly (readonly [name: string, magic: readonly number[]])[] = [
  ['gzip', [0x1f, 0x8b]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58]],
  ['zip', [0x50, 0x4b]],
];

/**
 * What a header says; no header of another form is taken.
 * @throws BUNDLE_ARCHIVE: a link, a device, a folder, a path, or anything but what `headerOf` writes
 */
export function readHeader(block: Uint8Array): TarEntry {
  const text = Buffer.from(block).toString('latin1');
  const read = (at: Field) => text.slice(field[at][0], field[at][0] + field[at][1]);
  const packer = packed.find(([, magic]) => magic.every((byte, index) => block[index] === byte));
  if (packer !== undefined && !read('magic').startsWith('ustar'))
    throw refuse(`what ${packer[0]} packed; a bundle's archive is a plain tar`);
  const [name = ''] = read('name').split('\0');
  const kind = kinds[read('type')];
  if (kind !== undefined) throw refuse(`${kind}: "${name}"`);
  if (!plainName.test(name)) throw refuse(`"${name}", which is no plain name of a file`);
  const size = /^([0-7]{11})\0$/.exec(read('size'))?.[1];
  if (size === undefined) throw refuse(`"${name}" with a size that cannot be read`);
  const entry = { name, bytes: Number.parseInt(size, 8) };
  if (!headerOf(entry).equals(block)) throw refuse(`"${name}" with a header that cupcheck bundle pack does not write`);
  return entry;
}
