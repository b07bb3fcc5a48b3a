import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument, type YAMLMap } from 'yaml';
import { keyNamed, isSection } from './keys.js';
import { nearestKey } from './nearest-key.js';
import type { Given, Problem, Source } from './origin.js';

/** A station's config has under 100 keys; a file beyond this is not one. */
export const maxConfigBytes = 65_536;
const maxDepth = 8;

interface FoundFile extends Source {
  readonly found: boolean;
}

/**
 * Reads a YAML config without checking the values: keys are known ones, each once.
 * @param mayBeAbsent an absent file is an empty one
 */
export function readConfigFile(path: string, mayBeAbsent: boolean): FoundFile {
  let content: string;
  try {
    content = readBounded(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && mayBeAbsent) return { found: false, given: [], problems: [] };
    const why = code === 'ENOENT' ? 'there is no such file' : message;
    return {
      found: code !== 'ENOENT',
      given: [],
      problems: [{ key: null, message: `${path} cannot be read: ${why}` }],
    };
  }
  return { found: true, ...readYaml(content, path) };
}

function readBounded(path: string): string {
  const fd = openSync(path, 'r');
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new Error('it is not a file');
    if (stat.size > maxConfigBytes) throw new Error(`it has ${stat.size} bytes, allowed are ${maxConfigBytes}`);
    const buffer = Buffer.alloc(maxConfigBytes);
    const bytes = readSync(fd, buffer, 0, maxConfigBytes, 0);
    return new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, bytes));
  } finally {
    closeSync(fd);
  }
}

/** The keys of a YAML text with their lines. `path` names it in messages. */
export function readYaml(content: string, path: string): Source {
  const lines = new LineCounter();
  const given: Given[] = [];
  const problems: Problem[] = [];
  const problem = (key: string | null, message: string) => void problems.push({ key, message });
  const lineOf = (offset: number) => lines.linePos(offset).line;

  const visit = (map: YAMLMap, prefix: string, depth: number): void => {
    for (const { key, value } of map.items) {
      const line = lineOf((key as Node).range?.[0] ?? 0);
      const at = `${path}:${line}`;
      if (!isScalar(key) || typeof key.value !== 'string') {
        problem(null, `${at}: a key must be a plain word`);
        continue;
      }
      const name = prefix === '' ? key.value : `${prefix}.${key.value}`;
      const known = keyNamed.get(name);
      if (known !== undefined) {
        const plain = plainValue(value as Node | null, known.key.format);
        if (plain.ok) given.push({ name, value: plain.value, origin: { from: 'file', path, line } });
        else problem(name, `${at}: ${name}: ${plain.why}`);
      } else if (!isSection(name)) {
        problems.push(unknownKey(name, at));
      } else if (value === null || (isScalar(value) && value.value === null)) {
        // A section whose keys are all commented out.
      } else if (isMap(value) && depth < maxDepth) {
        visit(value, name, depth + 1);
      } else {
        problem(name, `${at}: ${name} is a section: its keys go on the lines below it, indented`);
      }
    }
  };

  try {
    const document = parseDocument(content, { lineCounter: lines, uniqueKeys: true, version: '1.2', schema: 'core' });
    for (const error of [...document.errors, ...document.warnings]) {
      problem(null, `${path}:${lineOf(error.pos[0])}: ${yamlProblem(error.code, error.message)}`);
    }
    if (problems.length > 0) return { given, problems };
    if (isMap(document.contents)) visit(document.contents, '', 0);
    else if (document.contents !== null) problem(null, `${path}:1: a config is a map of sections, such as "station:"`);
  } catch (error) {
    // The parser recurses: a file of nothing but brackets ends its stack.
    problem(null, `${path}: not YAML that can be read: ${(error as Error).message}`);
  }
  return { given, problems };
}

function yamlProblem(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key is there twice; keep one';
  return `not valid YAML: ${message.split('\n')[0] ?? code}`;
}

type Plain = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly why: string };

/** A scalar or a list of scalars; words that look like numbers (`protocol: 5`) stay words where the key takes words. */
function plainValue(node: Node | null, format: string): Plain {
  if (node === null) return { ok: true, value: null };
  if (isAlias(node)) return { ok: false, why: 'aliases (*) are not allowed; write the value' };
  if (isScalar(node)) {
    const word = (format === 'choice' || format === 'text') && typeof node.value === 'number';
    return { ok: true, value: word ? (node.source ?? String(node.value)) : node.value };
  }
  if (isSeq(node) && node.items.length <= 100 && node.items.every((item) => isScalar(item))) {
    return { ok: true, value: node.items.map((item) => (isScalar(item) ? item.value : null)) };
  }
  return { ok: false, why: isMap(node) ? 'a value, not a section' : 'a value, or a short list of values' };
}

/** What is wrong with an unknown key, and the key that was meant. */
export function unknownKey(name: string, at: string): Problem {
  const near = nearestKey(name);
  const meant = near === null ? 'see cupcheck config docs' : `did you mean ${near}?`;
  return { key: name, message: `${at}: unknown key ${name.slice(0, 100)}; ${meant}` };
}
