import type { Command } from 'commander';
import { resolve } from 'node:path';
import { asCupcheckError, type ErrorCode } from '../../errors.js';
import type { Trust } from '../../pipeline/bundle/signature.js';
import { type Cli, examples } from '../cli.js';
import { amber, done } from '../exit-codes.js';
import { explainError } from '../explain-error.js';
import { orInterrupted } from '../interrupt.js';
import { fields, hanging } from '../layout.js';
import { registerDiff } from './bundle-diff.js';
import { registerActivate, registerCommit, registerPrune, registerRollback } from './bundle-updates.js';

export function registerBundle(program: Command, cli: Cli): void {
  const bundle = program.command('bundle').description('make, prove, install and exchange model bundles');
  examples(bundle, [
    'cupcheck bundle install coins-2.1.0.tar',
    'cupcheck bundle activate coins-2.1.0',
    'cupcheck bundle commit',
    'cupcheck bundle rollback',
  ]);
  registerInstall(bundle, cli);
  registerActivate(bundle, cli);
  registerCommit(bundle, cli);
  registerRollback(bundle, cli);
  registerList(bundle, cli);
  registerPrune(bundle, cli);
  registerDiff(bundle, cli);
  registerInspect(bundle, cli);
  registerVerify(bundle, cli);
  registerKeygen(bundle, cli);
  registerSign(bundle, cli);
  registerPack(bundle, cli);
}

/** The keys of the config, also where other parts of the config are wrong; what is unsigned is told, not refused. */
async function lenientTrust(cli: Cli): Promise<Trust> {
  const { readTrust } = await import('../../daemon/bundles/trusted-keys.js');
  const { values } = await cli.loadConfig();
  const folder = values.find(({ name }) => name === 'bundle.trusted')?.value;
  return await readTrust({ folder: String(folder), allowUnsigned: true });
}

/** These public keys alone. */
async function namedTrust(paths: readonly string[]): Promise<Trust> {
  const { readPem } = await import('../../daemon/bundles/trusted-keys.js');
  const { readPublicKey } = await import('../../pipeline/bundle/signature.js');
  const keys = await Promise.all(paths.map(async (path) => readPublicKey(await readPem(path), path)));
  return { keys, allowUnsigned: true };
}

function registerKeygen(bundle: Command, cli: Cli): void {
  const keygen = bundle
    .command('keygen')
    .description('make a key pair: the private key in a file, the public one beside it as .pub')
    .argument('<file>', 'where the private key goes; its name is that of the key')
    .action(
      cli.action(async (file: string) => {
        const { makeKeyPair } = await import('../../daemon/bundles/signing.js');
        const id = await makeKeyPair(file);
        cli.print({ id, private: file, public: `${file}.pub` }, () => [
          ...fields([
            ['key', id],
            ['private', `${file}: keep it away from the stations`],
            ['public', `${file}.pub: goes into /etc/cupcheck/trusted.d`],
          ]),
        ]);
        return done;
      }),
    );
  examples(keygen, ['cupcheck bundle keygen workshop']);
}

function registerSign(bundle: Command, cli: Cli): void {
  const sign = bundle
    .command('sign')
    .description('sign a bundle, after reading all of it')
    .argument('<folder>', 'the bundle')
    .requiredOption('--key <file>', 'the private key: cupcheck bundle keygen')
    .action(
      cli.action(async (folder: string, { key }: { key: string }) => {
        const { readSigningKey, signFolder } = await import('../../daemon/bundles/signing.js');
        const { readFolder } = await import('../bundle/open-bundle.js');
        const { identityOf, signatureText } = await import('../bundle/bundle-lines.js');
        const signing = await readSigningKey(key);
        const found = await readFolder(folder, { keys: [], allowUnsigned: true }, cli.terminal);
        await signFolder(folder, found.bytes, signing);
        const { name, version } = found.manifest;
        const signature = { kind: 'signed', keyId: signing.id, keyName: key } as const;
        cli.print({ ...identityOf({ ...found, signature }), folder }, () =>
          hanging(`${name} ${version} is signed ${signatureText(signature)}.`),
        );
        return done;
      }),
    );
  examples(sign, ['cupcheck bundle sign bundles/coins --key workshop']);
}

function registerPack(bundle: Command, cli: Cli): void {
  const pack = bundle
    .command('pack')
    .description('pack a bundle into one file, NAME-VERSION.tar; the same bundle gives the same bytes')
    .argument('<folder>', 'the bundle')
    .option('--out <file>', 'where to write it (default: NAME-VERSION.tar here)')
    .action(
      cli.action(async (folder: string, { out }: { out?: string }) => {
        const { readManifest } = await import('../bundle/open-bundle.js');
        const { archiveBytes, archiveName, packBundle } = await import('../../daemon/bundles/pack.js');
        const { writeArchive } = await import('../../daemon/bundles/write-archive.js');
        const { requireFilePlace } = await import('../file-place.js');
        const { ByteProgress } = await import('../progress/byte-progress.js');
        const { identityOf, identityRows } = await import('../bundle/bundle-lines.js');
        const signed = await readManifest(folder, await lenientTrust(cli), cli.terminal);
        const path = out ?? archiveName(signed);
        await requireFilePlace(path, 'the archive');
        const bytes = archiveBytes(signed);
        const progress = new ByteProgress(cli.terminal, bytes);
        const pieces = async function* (signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
          for await (const piece of packBundle(folder, signed)) {
            signal.throwIfAborted();
            progress.add(piece.length);
            yield piece;
          }
        };
        await orInterrupted(
          (signal) => writeArchive(resolve(path), pieces(signal)).finally(() => progress.end()),
          () => cli.terminal.err('Interrupted: nothing was written.'),
        );
        cli.print({ ...identityOf(signed), archive: path, archiveBytes: bytes }, () =>
          fields([...identityRows(signed), ['packed in', path]]),
        );
        return done;
      }),
    );
  examples(pack, ['cupcheck bundle pack bundles/coins', 'cupcheck bundle pack bundles/coins --out /tmp/coins.tar']);
}

/** What is wrong with a bundle, in the place of what is wrong with the command. */
const failures: ReadonlySet<ErrorCode> = new Set([
  'BUNDLE_ARCHIVE',
  'BUNDLE_DIGEST',
  'BUNDLE_INVALID',
  'BUNDLE_SIGNATURE',
]);

function registerVerify(bundle: Command, cli: Cli): void {
  const verify = bundle
    .command('verify')
    .description('read all of a bundle; ends with 0 where it is whole and signed by a trusted key')
    .argument('<file>', 'an archive, or the folder of a bundle')
    .option('--key <file...>', 'public keys to trust, in the place of those of the config')
    .action(
      cli.action(async (path: string, { key }: { key?: readonly string[] }) => {
        const { readBundle } = await import('../bundle/open-bundle.js');
        const { identityOf, identityRows } = await import('../bundle/bundle-lines.js');
        const trust = key === undefined ? await lenientTrust(cli) : await namedTrust(key);
        try {
          const found = await orInterrupted(
            (signal) => readBundle(path, trust, cli.terminal, signal),
            () => cli.terminal.err('Interrupted: nothing is known of it.'),
          );
          const isSigned = found.signature.kind === 'signed';
          const verdict = isSigned ? 'Whole, and signed by a trusted key.' : 'Whole, but not signed by a trusted key.';
          cli.print({ ok: isSigned, ...identityOf(found), others: found.others }, () => [
            ...fields([
              ...identityRows(found),
              ...(found.others.length === 0
                ? []
                : [['beside it', `${found.others.join(', ')}: no part of it`] as const]),
            ]),
            verdict,
          ]);
          return isSigned ? done : amber;
        } catch (thrown) {
          if (!failures.has(asCupcheckError(thrown).code)) throw thrown;
          explainError(thrown, cli.terminal, cli.options);
          return amber;
        }
      }),
    );
  examples(verify, [
    'cupcheck bundle verify coins-2.1.0.tar',
    'cupcheck bundle verify bundles/coins --key workshop.pub',
  ]);
}

function registerInspect(bundle: Command, cli: Cli): void {
  const inspect = bundle
    .command('inspect')
    .description('say what a bundle holds, without reading its networks')
    .argument('<file>', 'an archive, or the folder of a bundle')
    .option('--designs', 'list its designs too')
    .action(
      cli.action(async (path: string, { designs = false }: { designs?: boolean }) => {
        const { readManifest } = await import('../bundle/open-bundle.js');
        const { inspectDocument, inspectLines } = await import('../bundle/bundle-lines.js');
        const found = await readManifest(path, await lenientTrust(cli), cli.terminal);
        cli.print(inspectDocument(found), () => inspectLines(found, { designs }));
        return done;
      }),
    );
  examples(inspect, ['cupcheck bundle inspect coins-2.1.0.tar', 'cupcheck bundle inspect bundles/coins --designs']);
}

const outcomes = {
  installed: 'Installed. The station judges by the bundle that it had: cupcheck bundle activate.',
  already_there: 'It was installed before: nothing to do.',
  repaired: 'It was installed before, and not whole or not signed so: it is now.',
} as const;

function registerInstall(bundle: Command, cli: Cli): void {
  const install = bundle
    .command('install')
    .description('put the bundle of an archive into the store; the station goes on with the one that it has')
    .argument('<file>', 'NAME-VERSION.tar')
    .action(
      cli.action(async (path: string) => {
        const { config } = await cli.goodConfig();
        const { installArchive } = await import('../bundle/install-archive.js');
        const { identityOf, identityRows } = await import('../bundle/bundle-lines.js');
        const installed = await installArchive(path, config, cli.terminal);
        const { folder, outcome } = installed;
        cli.print({ ...identityOf(installed), folder, outcome }, () => [
          ...fields([...identityRows(installed), ['folder', folder]]),
          ...hanging(outcomes[outcome]),
        ]);
        return done;
      }),
    );
  examples(install, ['cupcheck bundle install coins-2.1.0.tar']);
}

function registerList(bundle: Command, cli: Cli): void {
  const list = bundle
    .command('list')
    .description('the installed bundles and their states; a star marks the one that judges')
    .action(
      cli.action(async () => {
        const { config } = await cli.goodConfig();
        const { readTrust } = await import('../../daemon/bundles/trusted-keys.js');
        const { listBundles } = await import('../../daemon/bundles/store.js');
        const { readBundleState } = await import('../../daemon/bundles/bundle-state-file.js');
        const { placeOfJudging } = await import('../../daemon/bundles/judging-bundle.js');
        const { listLines } = await import('../bundle/bundle-lines.js');
        const { stateLines, stateWord } = await import('../bundle/state-lines.js');
        const { store, trusted } = config.bundle;
        const state = await readBundleState(config);
        const listed = await listBundles(store, await readTrust({ folder: trusted, allowUnsigned: true }));
        const used = placeOfJudging(config, state.active).folder;
        const bundles = listed.map((one) => ({
          ...one,
          inUse: one.folder === used,
          state: stateWord(state, one.sha256),
        }));
        cli.print({ store, bundles, document: state, folder: used }, () => [
          ...(listed.length === 0 ? hanging(`No bundle is installed in ${store}.`) : listLines(bundles)),
          ...stateLines(state, used),
        ]);
        return done;
      }),
    );
  examples(list, ['cupcheck bundle list', 'cupcheck bundle list --json']);
}
