import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import convict from 'convict';
import { CupcheckError } from '../../errors.js';
import { accepts, allowed, formatNames, parseText, shown } from './formats.js';
import { keyNamed, keys } from './keys.js';
import { type Given, type Origin, originText, type Problem } from './origin.js';
import { readCommandLine, readEnvironment } from './read-environment.js';
import { readConfigFile } from './read-file.js';
import { brokenRelations } from './relations.js';
import { type Config, schema } from './schema.js';

export const defaultConfigPath = '/etc/cupcheck/config.yaml';

/** One value in force. */
export interface ConfigValue {
  readonly name: string;
  readonly value: unknown;
  readonly origin: Origin;
}

interface Common {
  /** The file that was read, absolute. */
  readonly file: { readonly path: string; readonly found: boolean };
  /** Each key's value in force, in the schema's order; defaults where the given one is wrong. */
  readonly values: readonly ConfigValue[];
}

/**
 * A config that holds, or everything that is wrong with it. `partial` is what a station in fault needs to say so:
 * right values as given, defaults for wrong ones, and no broker where a key of `mqtt` is wrong.
 */
export type LoadedConfig =
  | (Common & { readonly ok: true; readonly config: Config; readonly sha256: string })
  | (Common & {
      readonly ok: false;
      /** CONFIG_INVALID, one for each problem. */
      readonly problems: readonly CupcheckError[];
      readonly partial: Pick<Config, 'station' | 'mqtt' | 'control' | 'light' | 'health' | 'log'>;
    });

for (const name of formatNames) {
  convict.addFormat({
    name,
    validate: (value: unknown, key: convict.SchemaObj) => {
      const entry = key as unknown as Parameters<typeof accepts>[0];
      if (!accepts(entry, value)) throw new Error(`must be ${allowed(entry)}`);
    },
    coerce: (value: string) => parseText(name, value),
  });
}

/**
 * Reads the config: defaults, then the file, then the environment, then the command line.
 * @param path default: CUPCHECK_CONFIG, else /etc/cupcheck/config.yaml, which may be absent
 * @param set assignments `key=value` from the command line
 */
export function loadConfig(
  path: string | undefined,
  env: NodeJS.ProcessEnv,
  set: readonly string[] = [],
): LoadedConfig {
  const named = path ?? (env.CUPCHECK_CONFIG === '' ? undefined : env.CUPCHECK_CONFIG);
  const filePath = resolve(named ?? defaultConfigPath);
  const file = readConfigFile(filePath, named === undefined);
  const sources = [file, readEnvironment(env), readCommandLine(set)];
  const problems: Problem[] = sources.flatMap((source) => source.problems);
  const wrong = new Set<string>();
  const inForce = new Map<string, Given>();
  for (const given of sources.flatMap((source) => source.given)) {
    const { key } = keyNamed.get(given.name) as (typeof keys)[number];
    if (accepts(key, given.value)) {
      inForce.set(given.name, given);
    } else {
      wrong.add(given.name);
      const value = key.sensitive ? 'not shown' : shown(given.value);
      const message = `${given.name} is ${value}, allowed is ${allowed(key)}`;
      problems.push({ key: given.name, message: `${originText(given.origin)}: ${message}` });
    }
  }
  const config = build(inForce, filePath);
  for (const { keys: taking, message } of brokenRelations(config)) {
    // A relation with a wrong value would speak of its default, which nobody wrote.
    if (taking.some((name) => wrong.has(name))) continue;
    const origins = taking.map((name) => inForce.get(name)?.origin).filter((origin) => origin !== undefined);
    const where = origins.map(originText).join(', ') || 'default';
    problems.push({ key: taking[0] ?? null, message: `${where}: ${message}` });
  }
  const common = { file: { path: filePath, found: file.found }, values: valuesOf(config, inForce) };
  if (problems.length === 0) return { ok: true, config, sha256: digest(common.values), ...common };
  const { station, control, light, health, log, mqtt } = whatHolds(inForce, filePath);
  const mqttWrong = problems.some(({ key }) => key === 'mqtt' || key?.startsWith('mqtt.'));
  return {
    ok: false,
    problems: problems.map(({ message }) => new CupcheckError('CONFIG_INVALID', message)),
    partial: { station, mqtt: mqttWrong ? { ...mqtt, enabled: false } : mqtt, control, light, health, log },
    ...common,
  };
}

/** The config with the defaults in the place of values that do not fit together. The defaults do: a test holds that. */
function whatHolds(inForce: ReadonlyMap<string, Given>, filePath: string): Config {
  const config = build(inForce, filePath);
  const misfits = new Set(brokenRelations(config).flatMap((relation) => relation.keys));
  if (misfits.size === 0) return config;
  return whatHolds(new Map([...inForce].filter(([name]) => !misfits.has(name))), filePath);
}

function build(inForce: ReadonlyMap<string, Given>, filePath: string): Config {
  // The sources were read above, with their lines; convict's own reading of them would lose those.
  const instance = convict<Config>(schema, { env: {}, args: [] });
  for (const { name, value } of inForce.values()) instance.set(name, value);
  const statePath = resolveFrom(instance.get('state.path'), inForce.get('state.path'), dirname(filePath));
  for (const { name, key } of keys) {
    const value: unknown = instance.get(name as 'state.path');
    if (key.base === undefined || typeof value !== 'string') continue;
    const folder = key.base === 'state' ? statePath : dirname(filePath);
    instance.set(name, resolveFrom(value, inForce.get(name), folder));
  }
  instance.validate({ allowed: 'strict' });
  return freeze(instance.getProperties());
}

/** Paths given outside the file start at the working folder, as a shell's do. */
function resolveFrom(path: string, given: Given | undefined, folder: string): string {
  const outside = given?.origin.from === 'environment' || given?.origin.from === 'command line';
  return outside ? resolve(path) : resolve(folder, path);
}

function freeze<T extends object>(record: T): T {
  for (const value of Object.values(record)) if (typeof value === 'object' && value !== null) freeze(value);
  return Object.freeze(record);
}

function valuesOf(config: Config, inForce: ReadonlyMap<string, Given>): ConfigValue[] {
  return keys.map(({ name }) => {
    const value = name.split('.').reduce<unknown>((at, word) => (at as Record<string, unknown>)[word], config);
    return { name, value, origin: inForce.get(name)?.origin ?? { from: 'default' } };
  });
}

/** Digest of the values in force, in the schema's order: the same settings give the same digest, wherever they were set. */
function digest(values: readonly ConfigValue[]): string {
  return createHash('sha256')
    .update(JSON.stringify(values.map(({ name, value }) => [name, value])))
    .digest('hex');
}
