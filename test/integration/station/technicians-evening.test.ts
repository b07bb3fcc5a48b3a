import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { eveningSection, saysAtLeast, settled, shapeOf, shownCommands } from '../../fixtures/update/evening-page.js';
import { HostStation } from '../../fixtures/update/host-station.js';
import { goAllWaysOut, tableRows, waysOut } from '../../fixtures/update/ways-out.js';
import { withGoldenPictures } from '../../fixtures/update/update-steps.js';

const path = fileURLToPath(new URL('../../../docs/technician.md', import.meta.url));
/** Puts what the commands say into the page, in place of comparing it. */
const writes = process.env['CUPCHECK_WRITE_PAGE'] !== undefined;
/** They tell of the machine too. */
const looking = ['status', 'doctor'];

it('the technician’s evening: each command of the page ends well, and says what the page shows', async () => {
  const station = await HostStation.start();
  onTestFinished(() => station.stop());
  await withGoldenPictures(station);
  const archive = await station.make('good');
  const page = readFileSync(path, 'utf8');
  const section = eveningSection(page);
  let written = section;
  const commands = shownCommands(section).filter(({ words }) => words.length > 0);
  expect(commands).toHaveLength(9);
  for (const { line, words, output } of commands) {
    const real = words.map((word) => (word === 'tiny-2.0.0.tar' ? archive.path : word));
    const { code, stdout, stderr } = await station.cupcheck(...real);
    const [folder, state] = [station.folder, station.live.folder].map((each) => new RegExp(each, 'g'));
    const said = settled(stderr + stdout)
      .replace(state ?? '', '/var/lib/cupcheck')
      .replace(folder ?? '', '/root');
    if (words[0] !== 'doctor') expect(code, `${line}: ${said}`).toBe(0);
    if (writes) written = written.replace(`$ ${line}\n${output}`, () => `$ ${line}\n${said}`);
    else if (looking.includes(words[0] ?? ''))
      expect(shapeOf(said), line).toSatisfy((shape: readonly string[]) => saysAtLeast(shape, shapeOf(output)));
    else expect(shapeOf(said), line).toEqual(shapeOf(output));
    // Somebody goes on packing.
    if (words.includes('activate')) expect((await station.rightCup()).bundle?.sha256).toBe(archive.sha256);
  }
  if (writes)
    writeFileSync(
      path,
      page.replace(section, () => written),
    );
  expect((await station.rightCup()).bundle?.sha256).toBe(station.old);
}, 480_000);

it('each row of the evening’s table: what it says is seen, and its way out leads out', async () => {
  const section = eveningSection(readFileSync(path, 'utf8'));
  expect(tableRows(section)).toEqual(waysOut.map(({ row }) => expect.stringContaining(row) as string));
  const station = await HostStation.start();
  onTestFinished(() => station.stop());
  await goAllWaysOut(station);
}, 900_000);
