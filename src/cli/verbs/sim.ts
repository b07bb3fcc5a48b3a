import { access, constants } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { type SimulatedFault, simulatedFaults } from '../../daemon/control/station-verbs.js';
import { CupcheckError } from '../../errors.js';
import { type Cli, examples } from '../cli.js';
import { done } from '../exit-codes.js';

const says: Record<SimulatedFault, string> = {
  unplug: 'pull the camera out',
  replug: 'plug it in again',
  freeze: 'the camera gives the same frame for ever',
  stale: 'its frames come late, with old stamps',
  dark: 'its pictures are black',
  normal: 'all is well again',
};

export function registerSim(program: Command, cli: Cli): void {
  const sim = program.command('sim').description('drive the devices of a station that simulates them');
  examples(sim, ['cupcheck sim place cup.jpg', 'cupcheck sim remove', 'cupcheck sim unplug']);

  const place = sim
    .command('place')
    .description('place a cup: what the picture shows')
    .argument('<image>', 'a JPEG, readable by the station')
    .action(
      cli.action(async (image: string) => {
        const picture = resolve(image);
        await access(picture, constants.R_OK).catch((cause: Error) => {
          throw new CupcheckError('PICTURE_UNREADABLE', cause.message, { cause });
        });
        await cli.ask('sim.place', { picture });
        cli.print({ placed: picture }, () => [`Placed ${image}.`]);
        return done;
      }),
    );
  examples(place, ['cupcheck sim place models/demo/good-1.jpg']);

  const remove = sim
    .command('remove')
    .description('take the cup away')
    .action(
      cli.action(async () => {
        await cli.ask('sim.remove');
        cli.print({ removed: true }, () => ['Removed.']);
        return done;
      }),
    );
  examples(remove, ['cupcheck sim remove']);

  for (const fault of simulatedFaults) {
    const command = sim
      .command(fault)
      .description(says[fault])
      .action(
        cli.action(async () => {
          await cli.ask('sim.camera', { fault });
          cli.print({ camera: fault }, () => [`Camera: ${says[fault]}.`]);
          return done;
        }),
      );
    examples(command, [`cupcheck sim ${fault}`]);
  }
}
