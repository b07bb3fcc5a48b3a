import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { CupcheckError } from '../../errors.js';

export interface TruthItem {
  readonly box: readonly [number, number, number, number];
  readonly design: string | null;
  readonly side: string | null;
  /** The distinct physical item, where the truth tells them apart. */
  readonly coin: string | null;
  readonly set: string | null;
  /** Share of it that can be seen. */
  readonly visible: number;
  /** Full major axis in pixels. */
  readonly majorPx: number | null;
}

/** One cup of `truth.jsonl`. */
export interface TruthCup {
  readonly image: string;
  /** What it holds; `null` = no single design. */
  readonly design: string | null;
  /** What was ordered; `null` = nothing: identify. */
  readonly expect: string | null;
  readonly kind: string;
  readonly count: number | null;
  readonly pxPerMm: number | null;
  readonly reference: string | null;
  readonly greenAllowed: boolean;
  /** Where its items come from, as the truth names it: `photographs`, `rendered`. */
  readonly source: string | null;
  /** What the cup was made with, where it was made. */
  readonly seed: number | null;
  readonly items: readonly TruthItem[];
}

const MAX_BYTES = 256 * 2 ** 20;
const MAX_LINES = 200_000;
const MAX_ITEMS = 500;

/** Reads one JSON object, field by field; each error names the line, the field, what it holds and what is wanted. */
class Line {
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #where: string;

  constructor(value: unknown, where: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new CupcheckError('TRUTH_INVALID', `${where} is no object`);
    this.#value = value as Readonly<Record<string, unknown>>;
    this.#where = where;
  }

  refuse(field: string, wanted: string): never {
    const given = JSON.stringify(this.#value[field])?.slice(0, 80) ?? 'nothing';
    throw new CupcheckError('TRUTH_INVALID', `${this.#where}: ${field} is ${given}, wanted ${wanted}`);
  }

  text(field: string): string | null {
    const value = this.#value[field] ?? null;
    if (value === null || (typeof value === 'string' && value.length > 0 && value.length <= 300)) return value;
    return this.refuse(field, 'a string or null');
  }

  number(field: string, low: number, high: number): number | null {
    const value = this.#value[field] ?? null;
    if (value === null || (typeof value === 'number' && value >= low && value <= high)) return value;
    return this.refuse(field, `a number from ${String(low)} to ${String(high)}`);
  }

  flag(field: string): boolean | null {
    const value = this.#value[field] ?? null;
    return value === null || typeof value === 'boolean' ? value : this.refuse(field, 'true or false');
  }

  numbers(field: string, length: number): number[] | null {
    const value = this.#value[field] ?? null;
    if (value === null) return null;
    if (Array.isArray(value) && value.length === length && value.every((one): one is number => Number.isFinite(one)))
      return value;
    return this.refuse(field, `${String(length)} numbers`);
  }

  items(field: string): Line[] {
    const value = this.#value[field] ?? [];
    if (!Array.isArray(value) || value.length > MAX_ITEMS)
      return this.refuse(field, `at most ${String(MAX_ITEMS)} items`);
    return value.map((one, index) => new Line(one, `${this.#where}: ${field}[${String(index)}]`));
  }
}

function readItem(line: Line): TruthItem {
  const [x, y, width, height] = line.numbers('box', 4) ?? line.refuse('box', 'x, y, width, height');
  if (x === undefined || y === undefined || width === undefined || height === undefined || width <= 0 || height <= 0)
    return line.refuse('box', 'a width and a height over 0');
  return {
    box: [x, y, width, height],
    design: line.text('design'),
    side: line.text('side'),
    coin: line.text('coin'),
    set: line.text('set'),
    visible: line.number('visible', 0, 1) ?? 1,
    majorPx: line.numbers('ellipse', 5)?.[2] ?? null,
  };
}

/** A plain relative path, so that a truth file can't make us read outside its folder. */
function insideFolder(line: Line, field: string, path: string): string {
  if (path.startsWith('/') || path.split('/').includes('..')) return line.refuse(field, 'a path inside the folder');
  return path;
}

function readCup(line: Line, boxesOnly: boolean): TruthCup {
  const image = insideFolder(line, 'image', line.text('image') ?? line.refuse('image', 'a file name'));
  const reference = line.text('reference');
  const design = line.text('design');
  return {
    image,
    design,
    expect: line.text('expect') ?? design,
    kind: line.text('kind') ?? 'unnamed',
    count: line.number('count', 1, 20),
    pxPerMm: line.number('px_per_mm', 0.5, 200),
    reference: reference === null ? null : insideFolder(line, 'reference', reference),
    greenAllowed: line.flag('green_allowed') ?? (boxesOnly ? false : line.refuse('green_allowed', 'true or false')),
    source: line.text('source'),
    seed: line.number('seed', 0, Number.MAX_SAFE_INTEGER),
    items: line.items('items').map(readItem),
  };
}

/**
 * Reads `truth.jsonl` (or, for the detector alone, a file of boxes) of a folder of cups.
 * @param boxesOnly pictures with boxes and nothing else are accepted (`boxes.jsonl` too)
 * @throws TRUTH_INVALID naming the line
 */
export async function readTruth(folder: string, boxesOnly: boolean): Promise<TruthCup[]> {
  const names = boxesOnly ? ['truth.jsonl', 'boxes.jsonl'] : ['truth.jsonl'];
  for (const name of names) {
    const path = join(folder, name);
    const found = await stat(path).catch((error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' ? null : Promise.reject(error),
    );
    if (found === null) continue;
    if (found.size > MAX_BYTES)
      throw new CupcheckError(
        'TRUTH_INVALID',
        `${path} has ${String(found.size)} bytes, allowed are ${String(MAX_BYTES)}`,
      );
    return parseTruth(await readFile(path, 'utf8'), name, boxesOnly);
  }
  throw new CupcheckError('TRUTH_INVALID', `there is no ${names.join(' or ')} in ${folder}`);
}

export function parseTruth(text: string, name: string, boxesOnly: boolean): TruthCup[] {
  const cups: TruthCup[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const where = `${name} line ${String(index + 1)}`;
    if (cups.length >= MAX_LINES)
      throw new CupcheckError('TRUTH_INVALID', `${where}: more than ${String(MAX_LINES)} cups`);
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch (cause) {
      throw new CupcheckError('TRUTH_INVALID', `${where} is not JSON: ${String(cause)}`, { cause });
    }
    cups.push(readCup(new Line(value, where), boxesOnly));
  }
  if (cups.length === 0) throw new CupcheckError('TRUTH_INVALID', `${name} holds no cup`);
  return cups;
}
