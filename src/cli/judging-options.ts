import { type Command, Option } from 'commander';
import { CupcheckError } from '../errors.js';
import { precisions } from '../pipeline/bundle/precision.js';
import { wholeNumber } from './arguments.js';

export interface SharedSideOptions {
  readonly sharedSides: 'strict' | 'allow';
  readonly minInformative: number;
}

/** The options of judge.sharedSides and judge.minInformative, for verbs that work without a config. */
export function sharedSideOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--shared-sides <policy>', 'items that show a side which several designs share')
        .choices(['strict', 'allow'])
        .default('strict'),
    )
    .option('--min-informative <items>', 'items that must tell their design', wholeNumber(1, 20), 1);
}

/** `--unread`: designs whose sisters of another year or mint mark the bundle does not tell from them. */
export const unreadOption = (): Option =>
  new Option('--unread <policy>', 'designs whose year or mint mark the bundle does not read')
    .choices(['amber', 'accept'])
    .default('amber');

/** In what the weights of the items network are kept, for verbs that work without a config. */
export const precisionOption = (): Option =>
  new Option('--precision <precision>', "weights of the items network: all 32 bits, or the bundle's copy in 16 or 8")
    .choices(precisions)
    .default('fp32');

/** Whether `--override not_covered` was given. Errors: USAGE. */
export function overridable(rules: readonly string[]): boolean {
  const unknown = rules.find((rule) => rule !== 'not_covered');
  if (unknown !== undefined)
    throw new CupcheckError('USAGE', `--override ${unknown}: only not_covered can be overridden`);
  return rules.length > 0;
}
