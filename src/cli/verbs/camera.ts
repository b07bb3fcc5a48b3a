import type { Command } from 'commander';
import { asCupcheckError } from '../../errors.js';
import type { DeviceDescription } from '../../native/v4l2.js';
import { type Cli, examples } from '../cli.js';
import { done } from '../exit-codes.js';
import { type VideoNode, videoNodes } from '../video-nodes.js';

interface ListedCamera extends Pick<VideoNode, 'path' | 'stable'> {
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
  return (await videoNodes()).map(({ path, stable }) => {
    try {
      return { path, stable, description: describeDevice(path), problem: null };
    } catch (error) {
      return { path, stable, description: null, problem: asCupcheckError(error).message };
    }
  });
}

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
