import { type Command, Option } from 'commander';
import type { Side } from '../../pipeline/judgement.js';
import type { PictureGiven, Teaching } from '../enrol/teach.js';
import type { Place, WhereOptions } from '../enrol/where.js';
import { personOf } from '../enrol/person.js';
import { decimal } from '../arguments.js';
import { type Cli, examples } from '../cli.js';
import { CupcheckError } from '../../errors.js';
import { done } from '../exit-codes.js';
import { counted, hanging, table } from '../layout.js';

interface AddOptions extends WhereOptions {
  readonly design: string;
  readonly side?: Side;
  readonly diameterMm?: number;
  readonly name?: string;
  readonly pxPerMm?: number;
  readonly by?: string;
}

const where = (command: Command): Command =>
  command
    .option('--gallery <folder>', "another gallery than the station's; it serves as it is, without recalibrate")
    .option('--bundle <folder>', 'the model bundle (default: the one that the station judges by)');

export function registerEnrol(program: Command, cli: Cli): void {
  const enrol = program
    .command('enrol')
    .description('teach designs from a few pictures, on the device, without training');
  examples(enrol, [
    'cupcheck enrol add --design ash-florin --side obverse --diameter-mm 28.5 front1.jpg front2.jpg',
    'cupcheck enrol list',
    'cupcheck enrol undo last',
  ]);
  registerAdd(enrol, cli);
  registerList(enrol, cli);
  registerUndo(enrol, cli);
}

function registerAdd(enrol: Command, cli: Cli): void {
  const command = enrol
    .command('add')
    .description('teach pictures of one design, one item each; until recalibrate they can only cause ambers')
    .argument('[images...]', 'JPEG or PNG files (default: the camera of the running station)')
    .requiredOption('--design <id>', 'the design: a new one, or one that is known')
    .addOption(new Option('--side <side>', 'the side that the pictures show').choices(['obverse', 'reverse']))
    .option('--diameter-mm <mm>', 'its diameter; needed where the pictures have no scale', decimal)
    .option('--name <name>', 'what people call it (default: the id)')
    .option(
      '--px-per-mm <scale>',
      'scale of the pictures (default: the calibration, for pictures of its size)',
      decimal,
    )
    .option('--by <name>', 'who teaches it (default: your user name)');
  where(command).action(
    cli.action(async (images: string[], options: AddOptions) => {
      const { placeOf } = await import('../enrol/where.js');
      const { teach } = await import('../enrol/teach.js');
      const { engineOf } = await import('../offline-engine.js');
      const { design, side = null, name = null, diameterMm = null } = options;
      checkName(name);
      const place = await placeOf(options, cli);
      const pictures = await picturesOf(images, options.pxPerMm ?? null, place, cli);
      const deed = { when: new Date().toISOString(), who: personOf(options.by) };
      const engine = await engineOf(place.bundle, place.threads);
      try {
        const teaching = await teach({ design, side, name, diameterMm, pictures, deed }, place, engine);
        cli.print(addDocument(design, side, teaching, place), () => addLines(design, teaching, place));
      } finally {
        await engine.close();
      }
      return done;
    }),
  );
  examples(command, [
    'cupcheck enrol add --design ash-florin --side obverse --diameter-mm 28.5 front1.jpg front2.jpg',
    'cupcheck enrol add --design ash-florin --side reverse',
  ]);
}

function checkName(name: string | null): void {
  if (name !== null && (name.trim() === '' || name.length > 200 || /\p{Cc}/u.test(name)))
    throw new CupcheckError(
      'USAGE',
      `--name is ${JSON.stringify(name.slice(0, 200))}, wanted 1 to 200 printable characters`,
    );
}

async function picturesOf(
  images: readonly string[],
  pxPerMm: number | null,
  { calibration }: Place,
  cli: Cli,
): Promise<PictureGiven[]> {
  const { MAX_PICTURES } = await import('../enrol/teach.js');
  const { sha256 } = await import('../../daemon/gallery/gallery-folder.js');
  const { readPictureFile } = await import('../read-picture.js');
  const { pictureToCalibrateBy } = await import('../calibrate/station-frames.js');
  const { MAX_PX_PER_MM, MIN_PX_PER_MM } = await import('../../pipeline/calibration.js');
  if (images.length > MAX_PICTURES)
    throw new CupcheckError('USAGE', `${images.length} pictures were given, at most ${MAX_PICTURES} can be at once`);
  if (pxPerMm !== null && !(pxPerMm >= MIN_PX_PER_MM && pxPerMm <= MAX_PX_PER_MM))
    throw new CupcheckError('USAGE', `--px-per-mm is ${pxPerMm}, wanted ${MIN_PX_PER_MM} to ${MAX_PX_PER_MM}`);
  const named = images.length === 0 ? [undefined] : images;
  const pictures: PictureGiven[] = [];
  for (const image of named) {
    const { picture, jpeg } =
      image === undefined ? await pictureToCalibrateBy(image, cli) : await readPictureFile(image);
    const { width, height } = picture;
    const calibrated = calibration?.width === width && calibration.height === height ? calibration.pxPerMm : null;
    pictures.push({ name: image ?? 'camera', sha256: sha256(jpeg), picture, pxPerMm: pxPerMm ?? calibrated });
  }
  return pictures;
}

const addDocument = (
  design: string,
  side: Side | null,
  { isNew, diameterMm, taught, pictures }: Teaching,
  place: Place,
) => ({
  design,
  side,
  new: isNew,
  diameter_mm: diameterMm,
  pictures,
  serving: !place.station,
  gallery: place.folder.path,
  added: taught.map(({ addition, resembles }) => ({
    id: addition.id,
    image: addition.picture.name,
    sha256: addition.picture.sha256,
    diameter_mm: addition.diameterMm,
    resembles: resembles === null ? null : { ...resembles, similarity: Math.round(resembles.similarity * 1000) / 1000 },
  })),
});

function addLines(design: string, { isNew, diameterMm, taught, pictures }: Teaching, place: Place): string[] {
  const lines = taught.flatMap(({ addition, resembles }) => {
    const size = addition.diameterMm === null ? 'no scale' : `${addition.diameterMm.toFixed(1)} mm`;
    const alike =
      resembles === null ? '' : `, of other designs most like ${resembles.design} (${resembles.similarity.toFixed(2)})`;
    const doubt = resembles?.known === true ? ': it could be taken for that. If it is, cupcheck enrol undo' : '';
    return hanging(`${addition.id}  ${addition.picture.name}: ${size}${alike}${doubt}`);
  });
  const what = isNew ? `New design ${design}, ${diameterMm} mm` : `Design ${design}`;
  const next = place.station
    ? 'It can only cause ambers, from the next start of the station on, until: cupcheck recalibrate'
    : `It serves as it is: cupcheck judge --gallery ${place.folder.path}`;
  return [...lines, ...hanging(`${what}: ${counted(pictures, 'picture')} taught in all. ${next}`)];
}

function registerList(enrol: Command, cli: Cli): void {
  const command = enrol
    .command('list')
    .description('what was taught, by whom, and what of it serves')
    .option('--all', 'each picture, undone ones too');
  where(command).action(
    cli.action(async (options: WhereOptions & { readonly all?: true }) => {
      const { placeOf } = await import('../enrol/where.js');
      const { listTaught, byDesign } = await import('../enrol/list.js');
      const place = await placeOf(options, cli);
      const listed = await listTaught(place);
      const rows = options.all === true ? listed.additions : byDesign(listed.additions);
      cli.print(
        { gallery: place.folder.path, served: listed.served, [options.all === true ? 'additions' : 'designs']: rows },
        () => {
          if (listed.additions.length === 0) return hanging(`Nothing is taught in ${place.folder.path}.`);
          return table(
            options.all === true
              ? [
                  ['id', 'design', 'side', 'state', 'by', 'when', 'picture'],
                  ...listed.additions.map((one) => [
                    String(one.id),
                    one.design,
                    one.side ?? '-',
                    one.state,
                    one.who,
                    one.when.slice(0, 16),
                    one.image,
                  ]),
                ]
              : [
                  ['design', 'side', 'serving', 'candidate', 'by', 'last'],
                  ...byDesign(listed.additions).map((one) => [
                    one.design,
                    one.side ?? '-',
                    String(one.serving),
                    String(one.candidate),
                    one.who,
                    one.when.slice(0, 16),
                  ]),
                ],
          );
        },
      );
      return done;
    }),
  );
  examples(command, ['cupcheck enrol list', 'cupcheck enrol list --all --json']);
}

function registerUndo(enrol: Command, cli: Cli): void {
  const command = enrol
    .command('undo')
    .description('take back what was taught; its record and picture stay')
    .argument('[which]', 'an addition by its id, a design with all its pictures, or the last command: last', 'last')
    .option('--by <name>', 'who takes it back (default: your user name)');
  where(command).action(
    cli.action(async (which: string, options: WhereOptions & { readonly by?: string }) => {
      const { placeOf } = await import('../enrol/where.js');
      const { undo } = await import('../enrol/teach.js');
      const place = await placeOf(options, cli);
      const taken = await undo(which, place, { when: new Date().toISOString(), who: personOf(options.by) });
      const { listTaught } = await import('../enrol/list.js');
      const ids = new Set(taken.map(({ id }) => id));
      const stillServing = (await listTaught(place)).additions.filter(
        (one) => ids.has(one.id) && one.state === 'serving, undone',
      ).length;
      const undone = taken.map(({ id, design, side, picture }) => ({ id, design, side, image: picture.name }));
      cli.print({ undone, still_serving: stillServing }, () => [
        ...undone.map((one) => `${one.id}  ${one.design} ${one.side ?? ''} ${one.image}`),
        ...hanging(
          `${counted(undone.length, 'picture')} taken back.${stillServing > 0 ? ` ${stillServing} of them serve until: cupcheck recalibrate` : ''}`,
        ),
      ]);
      return done;
    }),
  );
  examples(command, ['cupcheck enrol undo', 'cupcheck enrol undo 12', 'cupcheck enrol undo ash-florin']);
}
