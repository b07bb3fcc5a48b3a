import { writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import type { LatencyFile } from '../../daemon/latency/latency-file.js';
import type { Calibration } from '../../pipeline/calibration.js';
import type { ScaleFound } from '../calibrate/measure-target.js';
import type { PictureFile } from '../read-picture.js';
import { decimal } from '../arguments.js';
import { type Cli, examples, type GoodConfig } from '../cli.js';
import { done } from '../exit-codes.js';
import { fields, indented } from '../layout.js';
import { CupcheckError } from '../../errors.js';

interface ScaleOptions {
  readonly coin?: number;
  readonly design?: string;
  readonly target?: boolean;
  readonly ruler?: number;
}

export function registerCalibrate(program: Command, cli: Cli): void {
  const calibrate = program
    .command('calibrate')
    .description('measure what the station must know of its camera: the scale, the empty cup, the latency');
  examples(calibrate, [
    'cupcheck calibrate target --out target.pdf',
    'cupcheck calibrate scale --design harbour-2021',
    'cupcheck calibrate empty',
    'cupcheck calibrate latency',
  ]);

  const scale = calibrate
    .command('scale')
    .description('measure pixels a millimetre, by a coin or the printed target on the bottom of the cup')
    .argument('[image]', 'a JPEG or PNG (default: the camera of the running station)')
    .option('--coin <mm>', 'by a coin of this diameter; several coins must be alike', decimal)
    .option('--design <design>', 'by coins of this design, whose diameter the bundle knows')
    .option('--target', 'by the printed target')
    .option('--ruler <mm>', 'what the ruler of the printed target measures', decimal)
    .action(
      cli.action(async (image: string | undefined, options: ScaleOptions) => {
        const { config } = await cli.goodConfig();
        checkScaleOptions(options);
        const { pictureToCalibrateBy } = await import('../calibrate/station-frames.js');
        const { keepScale } = await import('../calibrate/keep-calibration.js');
        const { calibrationPlace } = await import('../calibrate/where.js');
        const taken = await pictureToCalibrateBy(image, cli);
        const found = await measure(taken, options, config);
        const by = options.target === true ? 'target' : 'coin';
        const kept = await keepScale(
          calibrationPlace(cli, config),
          taken.picture,
          found.pxPerMm,
          { by, seen: found.seen, spread: found.spread },
          new Date(),
        );
        const { path, before } = kept;
        const document = { path, calibration: kept.calibration, before: before?.pxPerMm ?? null };
        cli.print(document, () => [
          ...scaleLines(path, kept.calibration, before),
          ...(kept.dropped
            ? ['The picture of the empty cup had another size and is gone: cupcheck calibrate empty.']
            : []),
          ...takesEffect(),
        ]);
        return done;
      }),
    );
  examples(scale, [
    'cupcheck calibrate scale --design harbour-2021',
    'cupcheck calibrate scale --coin 24.26 coin.jpg',
    'cupcheck calibrate scale --target --ruler 99.4',
  ]);

  const empty = calibrate
    .command('empty')
    .description('keep the picture of the empty cup: what differs from it and is no item is unexplained')
    .argument('[image]', 'a JPEG or PNG (default: the camera of the running station)')
    .action(
      cli.action(async (image: string | undefined) => {
        const { config } = await cli.goodConfig();
        const { pictureToCalibrateBy } = await import('../calibrate/station-frames.js');
        const { keepEmptyCup } = await import('../calibrate/keep-calibration.js');
        const { calibrationPlace } = await import('../calibrate/where.js');
        const place = calibrationPlace(cli, config);
        const { path, calibration } = await keepEmptyCup(place, await pictureToCalibrateBy(image, cli), new Date());
        cli.print({ path, calibration }, () => [...emptyLines(path, calibration), ...takesEffect()]);
        return done;
      }),
    );
  examples(empty, ['cupcheck calibrate empty', 'cupcheck calibrate empty empty-cup.jpg']);

  const latency = calibrate
    .command('latency')
    .description(
      'measure how long a frame takes, by the station’s light in the camera’s view; the station must be stopped',
    )
    .option('--toggles <n>', 'how often the light is switched', decimal, 30)
    .action(
      cli.action(async ({ toggles }: { toggles: number }) => {
        if (!(Number.isInteger(toggles) && toggles >= 10 && toggles <= 1000))
          throw new CupcheckError('USAGE', `--toggles is ${String(toggles)}, wanted 10 to 1000`);
        const config = await cli.goodConfig();
        await requireStopped(cli);
        const { calibrateLatency } = await import('../calibrate/calibrate-latency.js');
        const kept = await calibrateLatency(config, toggles, () => undefined, new AbortController().signal);
        const path = config.config.camera.v4l2.latencyFile;
        cli.print({ path, latency: kept }, () => latencyLines(path, kept));
        return done;
      }),
    );
  examples(latency, [
    'systemctl stop cupcheck && cupcheck calibrate latency',
    'cupcheck calibrate latency --toggles 100',
  ]);

  const target = calibrate
    .command('target')
    .description('write the target as a PDF, to be printed at 100 %')
    .requiredOption('--out <file>', 'the PDF')
    .addOption(new Option('--paper <size>', 'paper in the printer').choices(['a4', 'letter']).default('a4'))
    .action(
      cli.action(async ({ out, paper }: { out: string; paper: 'a4' | 'letter' }) => {
        const { targetPdf } = await import('../calibrate/target-pdf.js');
        await writeFile(out, targetPdf(paper)).catch((cause: Error) => {
          throw new CupcheckError('USAGE', `${out} cannot be written: ${cause.message}`, { cause });
        });
        cli.print({ written: out, paper }, () => [
          `Wrote ${out}. Print it at 100 % ("actual size"), and measure its ruler: 100 mm.`,
          'Cut it along a circle, lay it flat on the bottom of the cup, and: cupcheck calibrate scale --target',
        ]);
        return done;
      }),
    );
  examples(target, [
    'cupcheck calibrate target --out target.pdf',
    'cupcheck calibrate target --out t.pdf --paper letter',
  ]);
}

function checkScaleOptions({ coin, design, target, ruler }: ScaleOptions): void {
  const ways = [coin !== undefined, design !== undefined, target === true].filter(Boolean).length;
  if (ways !== 1) throw new CupcheckError('USAGE', 'give one of --coin, --design and --target');
  if (coin !== undefined && !(coin >= 5 && coin <= 100))
    throw new CupcheckError('USAGE', `--coin is ${String(coin)}, wanted 5 to 100 mm`);
  if (ruler !== undefined && target !== true) throw new CupcheckError('USAGE', '--ruler goes with --target');
  if (ruler !== undefined && !(ruler >= 80 && ruler <= 120))
    throw new CupcheckError(
      'USAGE',
      `--ruler is ${String(ruler)}, wanted 80 to 120 mm: the printed ruler is meant to be 100 mm`,
    );
}

async function measure(
  { picture }: PictureFile,
  { coin, design, target, ruler }: ScaleOptions,
  config: GoodConfig['config'],
): Promise<ScaleFound> {
  if (target === true) {
    const { measureTarget } = await import('../calibrate/measure-target.js');
    return measureTarget(picture, ruler ?? 100);
  }
  const { judgingPlace } = await import('../../daemon/bundles/judging-bundle.js');
  const { offlineEngine } = await import('../offline-engine.js');
  const { measureCoins } = await import('../calibrate/measure-coin.js');
  const engine = await offlineEngine((await judgingPlace(config)).folder, config.infer.threads);
  try {
    const known = engine.bundle.manifest.designs.find(({ id }) => id === design)?.diameterMm;
    const diameterMm = coin ?? known;
    if (diameterMm === undefined)
      throw new CupcheckError('ORDER_INVALID', `the bundle does not know the design "${design ?? ''}"`);
    return await measureCoins(picture, diameterMm, engine);
  } finally {
    await engine.close();
  }
}

function scaleLines(path: string, { pxPerMm, scale, camera }: Calibration, before: Calibration | null): string[] {
  const change =
    before === null ? '' : `, before ${before.pxPerMm} (${((pxPerMm / before.pxPerMm - 1) * 100).toFixed(1)} %)`;
  const seen = scale?.by === 'target' ? 'dots' : scale?.seen === 1 ? 'coin' : 'coins';
  return fields([
    ['scale', `${pxPerMm} px per mm${change}`],
    ['by', `${scale?.seen ?? 0} ${seen}, apart by at most ${((scale?.spread ?? 0) * 100).toFixed(2)} %`],
    ['camera', `${camera.width}×${camera.height}`],
    ...kept(path),
  ]);
}

/** The camera has one reader. Errors: ALREADY_RUNNING where the station runs. */
async function requireStopped(cli: Cli): Promise<void> {
  try {
    await cli.ask('status', {});
  } catch (error) {
    if (error instanceof CupcheckError && error.code === 'NO_DAEMON') return;
    throw error;
  }
  throw new CupcheckError(
    'STATION_BUSY',
    'the station runs and has the camera: stop it first (systemctl stop cupcheck)',
  );
}

function latencyLines(path: string, { camera, measured }: LatencyFile): string[] {
  return fields([
    [
      'latency',
      `at most ${measured.worstMs} ms from the beginning of an exposure to the stamp, at least ${measured.leastMs} ms`,
    ],
    ['by', `${measured.toggles} switches of the light, seen in ${measured.cells} parts of the picture`],
    ['camera', `${camera.card}, ${camera.width}×${camera.height} ${camera.format} at ${camera.fps} a second`],
    ['exposure', camera.exposureUs === null ? 'not told by the driver' : `${camera.exposureUs / 1000} ms`],
    ['kept in', path],
  ]);
}

function emptyLines(path: string, { reference, empty, camera }: Calibration): string[] {
  return fields([
    ['empty cup', `${reference ?? '-'}, ${camera.width}×${camera.height}`],
    ['light', `mean ${empty?.luma.toFixed(0) ?? '-'} of 255, brightest parts ${empty?.highlight.toFixed(0) ?? '-'}`],
    ['detail', empty?.relief.toFixed(3) ?? '-'],
    ...kept(path),
  ]);
}

/** The station's own lies under its digest, as which results name it. */
function kept(path: string): [string, string][] {
  const digest = /([0-9a-f]{12})[0-9a-f]{52}\.json$/.exec(path)?.[1];
  return digest === undefined ? [['kept in', path]] : [['kept as', digest]];
}

/** A calibration is read once: what is kept now counts from the next start on. */
const takesEffect = (): string[] =>
  indented('It counts from the next start of the station on: systemctl restart cupcheck.', 0);
