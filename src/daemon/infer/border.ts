/** Something that came over a channel is not what the protocol says: `message` names the field, what was wanted, and what came. */
export class BorderError extends Error {
  override readonly name = 'BorderError';

  constructor(path: string, wanted: string, value: unknown) {
    super(`${path} must be ${wanted}, got ${describe(value)}`);
  }
}

function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  return value === null ? 'null' : Array.isArray(value) ? `an array of ${String(value.length)}` : typeof value;
}

/** Reads the fields of a record that came from another process; each reader throws BorderError. */
export class Fields {
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(value: unknown, path: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new BorderError(path, 'a record', value);
    this.#value = value as Record<string, unknown>;
    this.#path = path;
  }

  #read<T>(key: string, wanted: string, is: (value: unknown) => value is T): T {
    const value = this.#value[key];
    if (!is(value)) throw new BorderError(`${this.#path}.${key}`, wanted, value);
    return value;
  }

  /** Any finite number from `min` to `max`. */
  number(key: string, min = -Number.MAX_VALUE, max = Number.MAX_VALUE): number {
    return this.#read(
      key,
      `a number from ${String(min)} to ${String(max)}`,
      (value): value is number => typeof value === 'number' && value >= min && value <= max,
    );
  }

  whole(key: string, min: number, max: number): number {
    return this.#read(
      key,
      `a whole number from ${String(min)} to ${String(max)}`,
      (value): value is number => Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max,
    );
  }

  nanoseconds(key: string): bigint {
    return this.#read(
      key,
      'nanoseconds, a bigint from 0',
      (value): value is bigint => typeof value === 'bigint' && value >= 0n,
    );
  }

  flag(key: string): boolean {
    return this.#read(key, 'true or false', (value): value is boolean => typeof value === 'boolean');
  }

  /** A string of 1 to `max` characters. */
  text(key: string, max: number): string {
    return this.#read(
      key,
      `a string of 1 to ${String(max)} characters`,
      (value): value is string => typeof value === 'string' && value.length >= 1 && value.length <= max,
    );
  }

  /** A string of at most `max` characters, which may be empty. */
  string(key: string, max: number): string {
    return this.#read(
      key,
      `a string of at most ${String(max)} characters`,
      (value): value is string => typeof value === 'string' && value.length <= max,
    );
  }

  oneOf<T extends string>(key: string, allowed: readonly T[]): T {
    return this.#read(key, `one of ${allowed.join(', ')}`, (value): value is T => allowed.some((one) => one === value));
  }

  record(key: string): Fields {
    return new Fields(this.#value[key], `${this.#path}.${key}`);
  }

  /** An array of at most `max` members, each read by `read`. */
  list<T>(key: string, max: number, read: (value: unknown, path: string) => T): T[] {
    const members = this.#read(
      key,
      `an array of at most ${String(max)}`,
      (value): value is unknown[] => Array.isArray(value) && value.length <= max,
    );
    return members.map((member, index) => read(member, `${this.#path}.${key}[${String(index)}]`));
  }

  /** Names of the fields, at most `max`. */
  keys(max: number): string[] {
    const keys = Object.keys(this.#value);
    if (keys.length > max) throw new BorderError(this.#path, `a record of at most ${String(max)} fields`, keys);
    return keys;
  }

  has(key: string): boolean {
    return this.#value[key] !== undefined;
  }

  /** `null` where the field is null, else what `read` makes of it. */
  nullable<T>(key: string, read: (fields: this, key: string) => T): T | null {
    return this.#value[key] === null ? null : read(this, key);
  }

  /** A contradiction between fields. */
  refuse(key: string, wanted: string): never {
    throw new BorderError(`${this.#path}.${key}`, wanted, this.#value[key]);
  }
}
