import { readdirSync, readFileSync } from 'node:fs';

/** The parts of a JSON Schema that our documents use. */
export interface Schema {
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly maxLength?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
}

/** One field of a document: `shown.light`, `items[].box`. */
export interface SchemaField {
  readonly path: string;
  readonly type: string;
  readonly optional: boolean;
  readonly description: string;
}

// Below dist/ and below src/ the folder lies equally deep.
const folder = new URL('../../../schemas/', import.meta.url);
const ending = '.schema.json';

/** Names of the published schemas: `result`, `state`, … */
export const schemaNames = (): readonly string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .map((name) => name.slice(0, -ending.length));

export const readSchema = (name: string): Schema =>
  JSON.parse(readFileSync(new URL(`${name}${ending}`, folder), 'utf8')) as Schema;

/** Every field of a document, those of inner objects and of list entries too, in the schema's order. */
export function schemaFields(schema: Schema, below = ''): readonly SchemaField[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
    const path = `${below}${name}`;
    const optional = schema.required?.includes(name) !== true;
    return [
      { path, type: typeOf(field), optional, description: field.description ?? '' },
      ...schemaFields(field, `${path}.`),
      ...(field.items === undefined ? [] : schemaFields(field.items, `${path}[].`)),
    ];
  });
}

function typeOf(schema: Schema): string {
  if ('const' in schema) return JSON.stringify(schema.const);
  if (schema.anyOf !== undefined) return schema.anyOf.map(typeOf).join(' or ');
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(', ');
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  return `${types.map((type) => named(type, schema)).join(' or ')}${range(schema)}`;
}

function named(type: string, { format, items }: Schema): string {
  if (type === 'array' && items !== undefined) return items.enum === undefined ? `list of ${typeOf(items)}` : 'list';
  return type === 'string' && format !== undefined ? format : type;
}

function range({ minimum, maximum, maxLength }: Schema): string {
  if (maxLength !== undefined) return `, at most ${maxLength} characters`;
  if (minimum !== undefined && maximum !== undefined) return `, ${minimum} to ${maximum}`;
  return minimum === undefined ? '' : `, ${minimum} or more`;
}
