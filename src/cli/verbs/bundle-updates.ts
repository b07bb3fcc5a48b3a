import type { Command } from 'commander';
import { type BundleState, judgingName } from '../../daemon/bundles/bundle-state.js';
import { type Galleries, sameGalleries } from '../../daemon/gallery/galleries.js';
import type { UpdateAnswer } from '../../daemon/update/bundle-updates.js';
import { CupcheckError } from '../../errors.js';
import { type Cli, examples } from '../cli.js';
import { done } from '../exit-codes.js';
import { orInterrupted } from '../interrupt.js';
import { counted, hanging, sizeText } from '../layout.js';

/** Loading the networks of a large bundle on a slow board, and the cup that is in its way. */
const rollbackPatienceMs = 180_000;
/** A digest that no bundle has. */
const noBundle = '0'.repeat(64);
const notRunning = 'The station does not run: its document was changed, and counts when it starts.';

/** What a document says of how bundles stand, as the station answers it. */
const documentOf = ({ active, previous, trial, candidate }: BundleState, outcome: string) => ({
  outcome,
  active,
  previous,
  until: trial?.until ?? null,
  candidate,
  station: false,
});

export function registerActivate(bundle: Command, cli: Cli): void {
  const activate = bundle
    .command('activate')
    .description('prove an installed bundle while the present one judges, and let it judge on trial')
    .argument('[bundle]', 'its digest, the start of it, or NAME-VERSION: cupcheck bundle list')
    .option('--file <archive>', 'install this archive first')
    .action(
      cli.action(async (meant: string | undefined, { file }: { file?: string }) => {
        if ((meant === undefined) === (file === undefined))
          throw new CupcheckError('USAGE', 'give the bundle, or --file with an archive');
        const { config } = await cli.goodConfig();
        const { pickBundle } = await import('../bundle/pick-bundle.js');
        const { installArchive } = await import('../bundle/install-archive.js');
        const { stationOrOffline } = await import('../bundle/station-or-offline.js');
        const { stageOffline } = await import('../../daemon/bundles/change-offline.js');
        const { trialText } = await import('../bundle/state-lines.js');
        const sha256 =
          file === undefined
            ? await pickBundle(meant ?? '', config)
            : (await installArchive(file, config, cli.terminal)).sha256;
        const { ProvingProgress } = await import('../bundle/proving-progress.js');
        const progress = new ProvingProgress(cli);
        const found = await stationOrOffline(
          () =>
            orInterrupted(
              (signal) =>
                cli.ask<UpdateAnswer>(
                  'bundle.activate',
                  { bundle: sha256 },
                  { timeoutMs: null, onEvent: progress.onEvent, signal },
                ),
              () => progress.interrupted(),
            ),
          () => stageOffline(config, sha256, new Date()),
        ).finally(() => progress.end());
        if (found.by === 'document') {
          const { before, state } = found.answer;
          cli.print(documentOf(state, state === before ? 'nothing_to_do' : 'staged'), () =>
            hanging(
              state.candidate?.bundle === sha256
                ? `${state.candidate.name} ${state.candidate.version} is staged. The station does not run: when it starts, the bundle is proved and judges, on trial.`
                : `Nothing to do: ${judgingName(state.active)} is the bundle that judges when the station starts.`,
            ),
          );
          return done;
        }
        const { outcome, active, until } = found.answer;
        const name = judgingName(active);
        cli.print({ ...found.answer, station: true }, () => [
          ...hanging(outcome === 'nothing_to_do' ? `Nothing to do: ${name} judges.` : `${name} judges.`),
          ...(until === null ? [] : hanging(trialText(name, until))),
        ]);
        return done;
      }),
    );
  examples(activate, [
    'cupcheck bundle activate coins-2.1.0',
    'cupcheck bundle activate d4ec5ea3b872',
    'cupcheck bundle activate --file coins-2.1.0.tar',
  ]);
}

export function registerCommit(bundle: Command, cli: Cli): void {
  const commit = bundle
    .command('commit')
    .description('keep the active bundle: it does not go back by itself any more')
    .action(
      cli.action(async () => {
        const { config } = await cli.goodConfig();
        const { stationOrOffline } = await import('../bundle/station-or-offline.js');
        const { commitOffline } = await import('../../daemon/bundles/change-offline.js');
        const found = await stationOrOffline(
          () => cli.ask<UpdateAnswer>('bundle.commit'),
          () => commitOffline(config, new Date()),
        );
        const offline = found.by === 'document' ? found.answer : null;
        const document =
          found.by === 'station'
            ? { ...found.answer, station: true }
            : documentOf(
                found.answer.state,
                found.answer.state === found.answer.before ? 'nothing_to_do' : 'committed',
              );
        const { outcome, active, previous } = document;
        cli.print(document, () => [
          ...hanging(
            outcome === 'nothing_to_do'
              ? `Nothing to do: ${judgingName(active)} is committed.`
              : `${judgingName(active)} is committed. cupcheck bundle rollback goes back to ${judgingName(previous ?? { bundle: null })}.`,
          ),
          ...(offline === null || outcome === 'nothing_to_do' ? [] : hanging(notRunning)),
        ]);
        return done;
      }),
    );
  examples(commit, ['cupcheck bundle commit']);
}

export function registerRollback(bundle: Command, cli: Cli): void {
  const rollback = bundle
    .command('rollback')
    .description('go back to the bundle that judged before, or end what is being proved')
    .action(
      cli.action(async () => {
        const { config } = await cli.goodConfig();
        const { stationOrOffline } = await import('../bundle/station-or-offline.js');
        const { rollbackOffline } = await import('../../daemon/bundles/change-offline.js');
        const { readBundleState } = await import('../../daemon/bundles/bundle-state-file.js');
        const { galleries } = (await readBundleState(config)).active;
        const ask = (only: string | null) =>
          cli.ask<UpdateAnswer>('bundle.rollback', { only }, { timeoutMs: rollbackPatienceMs });
        const found = await stationOrOffline(
          () => ask(null),
          () => rollbackOffline(config, new Date()),
          // It may have read the document after the change: one step back is enough.
          ({ before }) => ask((before.candidate ?? before.active).bundle ?? noBundle),
        );
        if (found.by === 'station') {
          const { outcome, active, ms } = found.answer;
          cli.print({ ...found.answer, station: true }, () => [
            ...hanging(rollbackText(outcome, judgingName(active), ms)),
            ...galleryLines(galleries, active.galleries),
          ]);
          return done;
        }
        const { before, state } = found.answer;
        const outcome =
          state === before ? 'nothing_to_do' : before.candidate === null ? ('rolled_back' as const) : 'withdrawn';
        cli.print(documentOf(state, outcome), () => [
          ...hanging(rollbackText(outcome, judgingName(state.active), null)),
          ...galleryLines(galleries, state.active.galleries),
          ...(outcome === 'nothing_to_do' ? [] : hanging(notRunning)),
        ]);
        return done;
      }),
    );
  examples(rollback, ['cupcheck bundle rollback']);
}

const galleryLines = (before: Galleries, now: Galleries): string[] =>
  sameGalleries(before, now)
    ? []
    : hanging(
        'It judges with what was taught and served then. What was taught since confirms nothing until: cupcheck recalibrate',
      );

function rollbackText(outcome: UpdateAnswer['outcome'], name: string, ms: number | null): string {
  if (outcome === 'nothing_to_do') return `Nothing to do: ${name} judges, and nothing is known that judged before.`;
  if (outcome === 'withdrawn') return `The proof was ended. ${name} judges, as before.`;
  const subject = name === judgingName({ bundle: null }) ? `T${name.slice(1)}` : name;
  return ms === null ? `${subject} judges again.` : `${subject} judges again, after ${ms} ms.`;
}

export function registerPrune(bundle: Command, cli: Cli): void {
  const prune = bundle
    .command('prune')
    .description('remove the bundles that are neither active, nor the one before, nor on their way')
    .action(
      cli.action(async () => {
        const { config } = await cli.goodConfig();
        const { pruneBundles } = await import('../../daemon/bundles/prune.js');
        const { shortId } = await import('../bundle/bundle-lines.js');
        const { removed, kept } = await pruneBundles(config);
        const described = removed.map((one) =>
          one.ok
            ? `${shortId(one.sha256)}  ${one.name} ${one.version}, ${sizeText(one.bytes)}`
            : `${shortId(one.sha256)}  damaged`,
        );
        cli.print({ removed, kept }, () =>
          removed.length === 0
            ? hanging(`Nothing to do: ${counted(kept.length, 'bundle')}, each of which is needed.`)
            : [
                `Removed ${counted(removed.length, 'bundle')}, kept ${kept.length}:`,
                ...described.map((line) => `  ${line}`),
              ],
        );
        return done;
      }),
    );
  examples(prune, ['cupcheck bundle prune']);
}
