import { createHash } from 'node:crypto';
import { chmod, mkdir, readdir, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import { readBounded } from '../../pipeline/bundle/read-bounded.js';
import { makeStoreFolder, syncFolder, writeNewFile } from '../bundles/durable-folder.js';
import { whileLocked } from '../folder-lock.js';
import { engineKey } from './engine-identity.js';
import { type EngineRecord, maxRecordBytes, parseEngine } from './engine-record.js';

/** What is half-way: it goes with the next change of the store. */
const stagingName = '.staging';
const keyPattern = /^[0-9a-f]{64}$/;
const recordName = 'engine.json';

export const enginePlace = (store: string, key: string): string => join(store, key);
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const recordText = (engine: EngineRecord): string => `${JSON.stringify(engine, null, 2)}\n`;

/** Errors: ENGINE_STORE. */
async function onDisk<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (thrown) {
    const error = asCupcheckError(thrown);
    if (error.code !== 'INTERNAL') throw error;
    throw new CupcheckError('ENGINE_STORE', `${what}: ${error.message}`, { cause: thrown });
  }
}

/**
 * Runs `change` while no other command changes the store; what an interrupted one left is cleared away before and after.
 * @throws ENGINE_BUSY, ENGINE_STORE, and what `change` throws
 */
export async function changeEngines<T>(store: string, change: (staging: string) => Promise<T>): Promise<T> {
  const staging = join(store, stagingName);
  await onDisk(`cannot prepare ${store}`, () => makeStoreFolder(store));
  return await whileLocked({ path: store }, 'ENGINE_BUSY', async () => {
    await onDisk(`cannot prepare ${staging}`, async () => {
      await rm(staging, { recursive: true, force: true });
      await mkdir(staging, { mode: 0o755 });
    });
    try {
      return await change(staging);
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  });
}

/** Asks before the work, which may take minutes, what the disk would say after it. Errors: ENGINE_STORE. */
export async function requireSpace(store: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await onDisk(`cannot ask for the free space of ${store}`, () => statfs(store));
  const megabytes = (size: number) => `${(size / 1e6).toFixed(1)} MB`;
  if (bavail * bsize < bytes)
    throw new CupcheckError(
      'ENGINE_STORE',
      `${megabytes(bavail * bsize)} are free at ${store}; the engine needs some ${megabytes(bytes)}`,
    );
}

/** An engine as its record tells of it, or what is wrong with it. */
export type ListedEngine = { readonly key: string; readonly folder: string } & (
  | { readonly ok: true; readonly engine: EngineRecord }
  | { readonly ok: false; readonly problem: string }
);

/** The record of an engine; its networks are not read. `null` = there is none. Errors: ENGINE_INVALID. */
export async function readEngine(store: string, key: string): Promise<EngineRecord | null> {
  const path = join(enginePlace(store, key), recordName);
  let bytes: Buffer;
  try {
    bytes = await readBounded(path, maxRecordBytes, 'ENGINE_INVALID', 'ENGINE_INVALID');
  } catch (error) {
    if (((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return null;
    throw error;
  }
  const engine = parseEngine(bytes, path);
  if (engineKey(engine.identity) === key) return engine;
  throw new CupcheckError('ENGINE_INVALID', `${path} is the record of another engine`);
}

async function namesIn(store: string): Promise<readonly string[]> {
  return await readdir(store).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw new CupcheckError('ENGINE_STORE', `cannot read ${store}: ${cause.message}`, { cause });
  });
}

/** Whether a command that was interrupted left something, or one is at work. Errors: ENGINE_STORE. */
export const hasHalfWay = async (store: string): Promise<boolean> => (await namesIn(store)).includes(stagingName);

/** Every engine, the oldest first; those whose record cannot be read come last. A store that is not there holds none. Errors: ENGINE_STORE. */
export async function listEngines(store: string): Promise<readonly ListedEngine[]> {
  const keys = (await namesIn(store)).filter((name) => keyPattern.test(name)).sort();
  const listed = await Promise.all(keys.map((key) => listedEngine(store, key)));
  const built = (one: ListedEngine) => (one.ok ? one.engine.built : '~');
  return listed.sort((a, b) => (built(a) < built(b) ? -1 : 1));
}

async function listedEngine(store: string, key: string): Promise<ListedEngine> {
  const folder = enginePlace(store, key);
  try {
    const engine = await readEngine(store, key);
    return engine === null
      ? { key, folder, ok: false, problem: `${recordName} is missing` }
      : { key, folder, ok: true, engine };
  } catch (thrown) {
    return { key, folder, ok: false, problem: asCupcheckError(thrown).message };
  }
}

/**
 * The prepared networks of an engine, by the digest of the network that each stands for.
 * @throws ENGINE_INVALID where one is missing or is not what the record says
 */
export async function readPrepared(store: string, engine: EngineRecord): Promise<ReadonlyMap<string, Uint8Array>> {
  const folder = enginePlace(store, engineKey(engine.identity));
  const prepared = new Map<string, Uint8Array>();
  for (const { network, name, bytes, sha256: wanted } of engine.files) {
    const path = join(folder, name);
    const content = await readBounded(path, bytes, 'ENGINE_INVALID', 'ENGINE_INVALID');
    if (content.length !== bytes || sha256(content) !== wanted)
      throw new CupcheckError('ENGINE_INVALID', `${path} is not what was built: its digest differs`);
    const source = engine.identity.networks[network];
    if (source === undefined) throw new CupcheckError('ENGINE_INVALID', `${path} stands for no network of the engine`);
    prepared.set(source, content);
  }
  return prepared;
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield content;
}

/**
 * Puts an engine into the store, whole, by one rename; call it in `changeEngines`. What lay at its place goes.
 * @param prepared by the name of the network
 * @returns its record
 * @throws ENGINE_STORE
 */
export async function placeEngine(
  store: string,
  staging: string,
  engine: Omit<EngineRecord, 'files'>,
  prepared: ReadonlyMap<string, Uint8Array>,
): Promise<EngineRecord> {
  const key = engineKey(engine.identity);
  const folder = enginePlace(store, key);
  return await onDisk(`cannot put the engine at ${folder}`, async () => {
    const fresh = join(staging, 'new');
    await mkdir(fresh, { mode: 0o755 });
    const files = [...prepared].map(([network, content]) => ({
      network,
      name: `${network}.onnx`,
      bytes: content.length,
      sha256: sha256(content),
    }));
    for (const [network, content] of prepared) await writeNewFile(join(fresh, `${network}.onnx`), once(content));
    const record: EngineRecord = { ...engine, files };
    await writeNewFile(join(fresh, recordName), once(Buffer.from(recordText(record))));
    await chmod(fresh, 0o755);
    await syncFolder(fresh);
    await rename(folder, join(staging, 'old')).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code !== 'ENOENT') throw cause;
    });
    await rename(fresh, folder);
    await syncFolder(store);
    return record;
  });
}

/** Replaces the record of an engine that is there; call it in `changeEngines`. Errors: ENGINE_STORE. */
export async function keepRecord(store: string, staging: string, engine: EngineRecord): Promise<void> {
  const folder = enginePlace(store, engineKey(engine.identity));
  const fresh = join(staging, recordName);
  await onDisk(`cannot write ${join(folder, recordName)}`, async () => {
    await writeNewFile(fresh, once(Buffer.from(recordText(engine))));
    await rename(fresh, join(folder, recordName));
    await syncFolder(folder);
  });
}

/** Takes engines away; each leaves its place by one rename. Call it in `changeEngines`. Errors: ENGINE_STORE. */
export async function removeEngines(store: string, staging: string, keys: readonly string[]): Promise<void> {
  await onDisk(`cannot prune ${store}`, async () => {
    for (const key of keys) await rename(enginePlace(store, key), join(staging, key));
    await syncFolder(store);
  });
}
