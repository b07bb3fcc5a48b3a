import type { AnyKey } from './formats.js';
import { schema } from './schema.js';

/** A key with its dotted name and its environment variable. */
export interface NamedKey {
  readonly name: string;
  readonly env: string;
  readonly key: AnyKey;
}

interface Section {
  readonly [name: string]: AnyKey | Section;
}

export const isKey = (entry: AnyKey | Section): entry is AnyKey => 'doc' in entry && 'format' in entry;

const envOf = (name: string) => `CUPCHECK_${name.replaceAll('.', '_').replace(/[A-Z]/g, '_$&').toUpperCase()}`;

function* walk(section: Section, prefix: string): Generator<NamedKey> {
  for (const [word, entry] of Object.entries(section)) {
    const name = prefix === '' ? word : `${prefix}.${word}`;
    if (isKey(entry)) yield { name, env: envOf(name), key: entry };
    else yield* walk(entry, name);
  }
}

/** Every key of the schema, in its order. */
export const keys: readonly NamedKey[] = [...walk(schema, '')];

export const keyNamed: ReadonlyMap<string, NamedKey> = new Map(keys.map((entry) => [entry.name, entry]));

/** Whether `name` is a section ("camera", "camera.replay"). */
export const isSection = (name: string) => keys.some((entry) => entry.name.startsWith(`${name}.`));
