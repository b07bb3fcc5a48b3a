interface Format {
  /** A value from text (environment, command line); text that it cannot read stays text, so that the check refuses it. */
  parse(text: string): unknown;
  holds(value: unknown, limits: Limits): boolean;
  /** What is allowed, for messages and docs/config.md. */
  allowed(limits: Limits): string;
}

/** What narrows a format. */
interface Limits {
  readonly min?: number;
  readonly max?: number;
  readonly unit?: string;
  readonly choices?: readonly string[];
  readonly pattern?: RegExp;
  readonly patternSays?: string;
}

/** Where a relative path starts: at the folder of the config file, or at `state.path`. */
export type PathBase = 'file' | 'state';

declare const valueType: unique symbol;

/** The values that a key accepts; `T` is their type. */
export interface Values<T> extends Limits {
  readonly format: FormatName;
  readonly base?: PathBase;
  readonly [valueType]?: T;
}

/** One key of the config. */
export interface Key<T> extends Values<T> {
  readonly default: T;
  readonly doc: string;
  readonly nullable: boolean;
  /** Its value never leaves the station, and no message shows it. */
  readonly sensitive: boolean;
}

export type AnyKey = Key<unknown>;

const within = (value: number, { min = -Infinity, max = Infinity }: Limits) => value >= min && value <= max;
const range = ({ min, max, unit }: Limits) => `from ${min} to ${max}${unit === undefined ? '' : ` ${unit}`}`;
const plainNumber = (text: string) => (/^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text);

/** A name as v4l2-ctl shows it, and a value on the same line. */
const settingPattern = /^[a-z0-9_]{1,64}=\P{Cc}{1,100}$/u;

const formats = {
  whole: {
    parse: plainNumber,
    holds: (value, limits) => Number.isSafeInteger(value) && within(value as number, limits),
    allowed: (limits) => `a whole number ${range(limits)}`,
  },
  number: {
    parse: plainNumber,
    holds: (value, limits) => typeof value === 'number' && within(value, limits),
    allowed: (limits) => `a number ${range(limits)}`,
  },
  flag: {
    parse: (text) => (text === 'true' ? true : text === 'false' ? false : text),
    holds: (value) => typeof value === 'boolean',
    allowed: () => 'true or false',
  },
  text: {
    parse: (text) => text,
    holds: (value, { pattern }) => typeof value === 'string' && value.length <= 200 && (pattern?.test(value) ?? true),
    allowed: ({ patternSays }) => patternSays ?? 'a text of up to 200 characters',
  },
  choice: {
    parse: (text) => text,
    holds: (value, { choices }) => choices?.includes(value as string) ?? false,
    allowed: ({ choices }) => `one of ${choices?.join(', ')}`,
  },
  choices: {
    parse: (text) => text.split(',').map((word) => word.trim()),
    holds: (value, { choices }) =>
      Array.isArray(value) &&
      value.length > 0 &&
      new Set(value).size === value.length &&
      value.every((word) => choices?.includes(word)),
    allowed: ({ choices }) => `a list of one or more of ${choices?.join(', ')}, each once`,
  },
  settings: {
    parse: (text) =>
      text
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== ''),
    holds: (value) =>
      Array.isArray(value) &&
      value.length <= 64 &&
      value.every((word) => typeof word === 'string' && word.length <= 200 && settingPattern.test(word)) &&
      new Set(value.map((word: string) => word.slice(0, word.indexOf('=')))).size === value.length,
    allowed: () => 'a list of up to 64 name=value, each name once',
  },
  path: {
    parse: (text) => text,
    holds: (value) =>
      typeof value === 'string' && value !== '' && Buffer.byteLength(value) <= 4095 && !value.includes('\0'),
    allowed: () => 'a path',
  },
  brokerUrl: {
    parse: (text) => text,
    holds: (value) => typeof value === 'string' && isBrokerUrl(value),
    allowed: () => 'mqtt://host[:port] or mqtts://host[:port], without user, password or path',
  },
} as const satisfies Record<string, Format>;

export type FormatName = keyof typeof formats;
export const formatNames = Object.keys(formats) as FormatName[];

function isBrokerUrl(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const url = new URL(value);
  const bare = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  return bare && /^mqtts?:$/.test(url.protocol) && url.hostname !== '' && (url.pathname === '' || url.pathname === '/');
}

export const whole = (min: number, max: number, unit?: string): Values<number> =>
  unit === undefined ? { format: 'whole', min, max } : { format: 'whole', min, max, unit };
export const number = (min: number, max: number): Values<number> => ({ format: 'number', min, max });
export const flag: Values<boolean> = { format: 'flag' };
export const text: Values<string> = { format: 'text' };
export const matching = (pattern: RegExp, patternSays: string): Values<string> => ({
  format: 'text',
  pattern,
  patternSays,
});
export const oneOf = <const C extends string>(...choices: C[]): Values<C> => ({ format: 'choice', choices });
export const someOf = <const C extends string>(...choices: C[]): Values<readonly C[]> => ({
  format: 'choices',
  choices,
});
export const settings: Values<readonly string[]> = { format: 'settings' };
export const path = (base: PathBase): Values<string> => ({ format: 'path', base });
export const brokerUrl: Values<string> = { format: 'brokerUrl' };

export const key = <T>(values: Values<T>, value: NoInfer<T>, doc: string): Key<T> => ({
  ...values,
  default: value,
  doc,
  nullable: false,
  sensitive: false,
});

/** A key that may stay unset: its default is `null`. */
export const orNull = <T>(values: Values<T>, doc: string): Key<T | null> => ({
  ...(values as Values<T | null>),
  default: null,
  doc,
  nullable: true,
  sensitive: false,
});

/** A key whose value is a secret, or says where one lies. */
export const sensitive = <T>(entry: Key<T>): Key<T> => ({ ...entry, sensitive: true });

/** The value that a text (environment, command line) stands for. */
export function parseText(format: FormatName, value: string): unknown {
  return formats[format].parse(value);
}

/** Whether `key` accepts `value`. */
export function accepts(key: AnyKey, value: unknown): boolean {
  return value === null ? key.nullable : formats[key.format].holds(value, key);
}

/** What `key` accepts, in words. */
export function allowed(key: AnyKey): string {
  return `${formats[key.format].allowed(key)}${key.nullable ? ', or null' : ''}`;
}

/** A value as a message shows it: bounded, and without a password that someone wrote into a URL. */
export function shown(value: unknown): string {
  const safe = (JSON.stringify(value) ?? String(value)).replace(/\/\/[^/\s"]*@/g, '//…@');
  return safe.length > 80 ? `${safe.slice(0, 79)}…` : safe;
}
