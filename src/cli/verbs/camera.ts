import { readdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { asCupcheckError } from '../../errors.js';
import type { DeviceDescription } from '../../native/v4l2.js';
import { type Cli, examples } from '../cli.js';
import { done } from '../exit-codes.js';

/** A capture device with the names that mean it. */
interface ListedCamera {
  readonly path: string;
  /** Links below /dev/v4l that lead to it: these stay after a restart. */
  readonly stable: readonly string[];
  readonly description: DeviceDescription | null;
  /** Why it cannot be described. */
  readonly problem: string | null;
}

export function registerCamera(program: Command, cli: Cli): void {
  const camera = program.command('camera').description('what the cameras of this machine can do');
  const list = camera
    .command('list')
    .description('list the cameras with their stable names, formats, sizes, rates and controls')
    .action(
      cli.action(async () => {
        const cameras = await listCameras();
        cli.print({ cameras }, () => (cameras.length === 0 ? ['No video devices here.'] : cameras.flatMap(lines)));
        return done;
      }),
    );
  examples(camera, ['cupcheck camera list']);
  examples(list, ['cupcheck camera list', 'cupcheck camera list --json']);
}

async function listCameras(): Promise<ListedCamera[]> {
  const { describeDevice } = await import('../../native/v4l2.js');
  const nodes = (await entries('/dev')).filter((name) => /^video\d+$/.test(name));
  const links = await stableNames();
  return nodes
    .sort((a, b) => Number(a.slice(5)) - Number(b.slice(5)))
    .map((name) => {
      const path = join('/dev', name);
      const stable = links.filter(({ target }) => target === path).map(({ link }) => link);
      try {
        return { path, stable, description: describeDevice(path), problem: null };
      } catch (error) {
        return { path, stable, description: null, problem: asCupcheckError(error).message };
      }
    });
}

async function stableNames(): Promise<{ readonly link: string; readonly target: string }[]> {
  const folders = ['/dev/v4l/by-id', '/dev/v4l/by-path'];
  const links = await Promise.all(
    folders.map(async (folder) => (await entries(folder)).map((name) => join(folder, name))),
  );
  return Promise.all(links.flat().map(async (link) => ({ link, target: await realpath(link).catch(() => link) })));
}

/** Names in a folder; none where it does not exist. */
const entries = async (folder: string): Promise<string[]> =>
  readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });

function lines({ path, stable, description, problem }: ListedCamera): string[] {
  const names = stable.map((link) => `  ${link}`);
  if (description === null) return [`${path}: ${problem ?? ''}`, ...names];
  const { card, driver, bus, modes, controls } = description;
  return [
    `${path}: ${card} (${driver}, ${bus})`,
    ...names,
    ...modes.map(({ format, width, height, rates }) => {
      const rate = rates.length === 0 ? '' : ` at ${rates.map((fps) => Number(fps.toFixed(2))).join(', ')} a second`;
      return `  ${format} ${width}×${height}${rate}`;
    }),
    ...controls.map(({ name, value, low, high, step, entries: menu }) => {
      const range = menu.length > 0 ? menu.join('; ') : `${low} to ${high}${step > 1 ? ` in steps of ${step}` : ''}`;
      return `  ${name}=${value} (${range})`;
    }),
  ];
}
