import type { Command } from 'commander';
import type { Harm } from '../../pipeline/taught/replay.js';
import type { ServedGallery } from '../../daemon/gallery/galleries.js';
import { CupcheckError } from '../../errors.js';
import type { Recalibration, ServedBy } from '../enrol/recalibrate.js';
import { type Cli, examples } from '../cli.js';
import { personOf } from '../enrol/person.js';
import { amber, done } from '../exit-codes.js';
import { counted, hanging, indented, table } from '../layout.js';

interface Options {
  readonly acceptLosses?: true;
  readonly dryRun?: true;
  readonly by?: string;
  readonly bundle?: string;
  readonly none?: true;
}

export function registerRecalibrate(program: Command, cli: Cli): void {
  const command = program
    .command('recalibrate')
    .description('let what was taught serve, after every known item was replayed; ends with 1 where it is refused')
    .option('--dry-run', 'replay and show, and change nothing')
    .option('--accept-losses', 'also where items that were confirmed become amber; never where one passes as another')
    .option('--by <name>', 'who does it (default: your user name)')
    .option('--bundle <folder>', 'the model bundle (default: the one that the station judges by)')
    .option('--none', 'let nothing serve that was taught: the bundle judges alone, until the next recalibrate')
    .action(
      cli.action(async (options: Options) => {
        const { placeOf } = await import('../enrol/where.js');
        const { recalibrate } = await import('../enrol/recalibrate.js');
        const { letServe } = await import('../enrol/let-serve.js');
        const { engineOf } = await import('../offline-engine.js');
        const { bundle, acceptLosses = false, dryRun = false, none = false } = options;
        if (none && (acceptLosses || dryRun))
          throw new CupcheckError('USAGE', '--none replays nothing: it goes with --by and --bundle alone');
        const { config } = await cli.goodConfig();
        const place = await placeOf(bundle === undefined ? {} : { bundle }, cli);
        const deed = { when: new Date().toISOString(), who: personOf(options.by) };
        const { networkSha256 } = place.bundle.manifest.gallery;
        const serve = (served: ServedGallery | null) => letServe(cli, config, networkSha256, served, deed);
        if (none) {
          const outcome = (await place.served()) === null ? 'unchanged' : 'none';
          const by = outcome === 'none' ? await serve(null) : null;
          cli.print({ outcome, by }, () => hanging(noneText(by)));
          return done;
        }
        const engine = await engineOf(place.bundle, place.threads);
        try {
          const found = await recalibrate({ acceptLosses, dryRun, deed, serve }, place, engine);
          cli.print(found, () => lines(found));
          return found.outcome === 'refused' ? amber : done;
        } finally {
          await engine.close();
        }
      }),
    );
  examples(command, ['cupcheck recalibrate --dry-run', 'cupcheck recalibrate', 'cupcheck recalibrate --none']);
}

const harmSays: Readonly<Record<Harm['kind'], (design: string) => string>> = {
  impostor: (design) => `would count as ${design}`,
  lost: () => 'would not be confirmed any more',
  stranger: (design) => `resembles no other example of ${design}`,
};

/** Harms that are shown one by one. */
const shownHarms = 20;

function lines({ outcome, pictures, replay, served }: Recalibration): string[] {
  if (replay === null) return hanging(`Nothing to do: ${counted(pictures.after, 'taught picture')} serve already.`);
  const { before, after, harms, items } = replay;
  const shown = table([
    ['', 'before', 'after'],
    ['taught pictures that serve', String(pictures.before), String(pictures.after)],
    ['known items confirmed', String(before.right), String(after.right)],
    ['known items taken for another', String(before.impostors), String(after.impostors)],
  ]);
  const told = harms
    .slice(0, shownHarms)
    .flatMap(({ kind, item, design }) => indented(`${item} ${harmSays[kind](design)}`, 2));
  const more = harms.length > shownHarms ? [`  and ${harms.length - shownHarms} more`] : [];
  return [
    ...hanging(`${counted(items, 'known item')} replayed, each without its own vector.`),
    ...shown,
    ...told,
    ...more,
    ...conclusion(outcome, served),
  ];
}

const servesFrom = (by: ServedBy): string =>
  by === 'station' ? 'from now on' : 'when the station starts: it does not run';

const noneText = (by: ServedBy | null): string =>
  by === null ? 'Nothing to do: nothing serves that was taught.' : `The bundle judges alone ${servesFrom(by)}.`;

function conclusion(outcome: Recalibration['outcome'], served: Recalibration['served']): string[] {
  if (served !== null) return hanging(`Gallery ${served.gallery.slice(0, 12)} serves ${servesFrom(served.by)}.`);
  if (outcome === 'replayed') return hanging('Nothing speaks against it. Nothing was changed.');
  return hanging(
    'Refused, nothing was changed. Take back the pictures that do it (cupcheck enrol undo), or teach more pictures of the design: two a side at least tell it from one that looks like it.',
  );
}
