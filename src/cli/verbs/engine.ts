import { type Command, Option } from 'commander';
import type { InferSettings, ProviderName } from '../../daemon/infer/settings.js';
import { precisions } from '../../pipeline/bundle/precision.js';
import { type Cli, examples } from '../cli.js';
import { amber, done } from '../exit-codes.js';
import { orInterrupted } from '../interrupt.js';

export function registerEngine(program: Command, cli: Cli): void {
  const engine = program.command('engine').description('networks prepared for this machine, so that they load at once');
  examples(engine, ['cupcheck engine build', 'cupcheck engine status']);
  registerBuild(engine, cli);
  registerStatus(engine, cli);
  registerPrune(engine, cli);
}

interface BuildWish {
  readonly provider?: ProviderName;
  readonly precision?: InferSettings['precision'];
}

function registerBuild(engine: Command, cli: Cli): void {
  const build = engine
    .command('build')
    .description(
      'prepare the networks of a bundle and compare them with the CPU over the golden pictures, at low priority beside the station; ends with 1 where the engine may not serve',
    )
    .argument('[bundle]', 'a bundle: active, previous, a digest, or NAME-VERSION', 'active')
    .addOption(
      new Option('--provider <provider>', 'for this one, whichever providers.order tries first').choices([
        'tensorrt',
        'cpu',
      ]),
    )
    .addOption(
      new Option(
        '--precision <precision>',
        'of these weights of the items network, whatever infer.precision says',
      ).choices([...precisions, 'auto']),
    )
    .action(
      cli.action(async (meant: string, { provider, precision }: BuildWish) => {
        const { config } = await cli.goodConfig();
        const { meantJudging } = await import('../engine/meant-judging.js');
        const { inferSettings } = await import('../../daemon/from-config.js');
        const { buildInChild } = await import('../../daemon/engines/build-in-child.js');
        const { BuildProgressLine } = await import('../engine/build-progress.js');
        const { builtLines } = await import('../engine/engine-lines.js');
        const { path: store, maxScoreDifference } = config.engines;
        const own = inferSettings(config, await meantJudging(meant, config));
        const providers = provider === undefined ? own.providers : { order: [provider], require: null };
        const settings = { ...own, providers, precision: precision ?? own.precision };
        const start = { store, golden: config.golden.path, settings, maxScoreDifference };
        const bar = new BuildProgressLine(cli.terminal);
        const engines = await orInterrupted(
          (signal) => buildInChild(start, (progress) => bar.update(progress), signal).finally(() => bar.end()),
          () => cli.terminal.err('Interrupted: nothing was built.'),
        );
        const tried = await firstTried(own.providers);
        cli.print({ engines }, () =>
          engines.flatMap((one) => builtLines(one, cli.terminal, { provider: tried, precision: own.precision })),
        );
        return engines.at(-1)?.proof.outcome === 'same' ? done : amber;
      }),
    );
  examples(build, [
    'cupcheck engine build',
    'cupcheck engine build coins-2.1.0 --set infer.precision=auto',
    'cupcheck engine build --provider tensorrt',
    'cupcheck engine build --precision int8',
  ]);
}

/** The provider that the station loads its networks on first. */
async function firstTried(providers: InferSettings['providers']): Promise<string> {
  const { firstProvider, thisMachine } = await import('../../daemon/engines/machine.js');
  return firstProvider(providers, thisMachine) ?? 'none';
}

function registerStatus(engine: Command, cli: Cli): void {
  const status = engine
    .command('status')
    .description('the engines, what was found of each, and which one serves (a star)')
    .action(
      cli.action(async () => {
        const { config } = await cli.goodConfig();
        const { surveyEngines } = await import('../../daemon/engines/survey.js');
        const { thisMachine } = await import('../../daemon/engines/machine.js');
        const { surveyLines } = await import('../engine/engine-lines.js');
        const survey = await surveyEngines(config, thisMachine);
        const { precision, engine } = survey.choice;
        cli.print({ precision, engine, engines: survey.engines }, () => surveyLines(survey, cli.terminal));
        return done;
      }),
    );
  examples(status, ['cupcheck engine status', 'cupcheck engine status --json']);
}

function registerPrune(engine: Command, cli: Cli): void {
  const prune = engine
    .command('prune')
    .description('remove the engines that serve no bundle that may judge here, damaged and refused ones too')
    .action(
      cli.action(async () => {
        const { config } = await cli.goodConfig();
        const { pruneEngines } = await import('../../daemon/engines/survey.js');
        const { thisMachine } = await import('../../daemon/engines/machine.js');
        const { prunedLines } = await import('../engine/engine-lines.js');
        const removed = await pruneEngines(config, thisMachine);
        cli.print({ removed }, () => prunedLines(removed));
        return done;
      }),
    );
  examples(prune, ['cupcheck engine prune']);
}
