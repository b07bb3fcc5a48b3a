import { type Consequence, CupcheckError, type ErrorCode, errorTable } from '../../errors.js';
import { exitCodeOf } from '../exit-codes.js';

function atStation(consequence: Consequence): string {
  if (consequence.kind === 'amber') return `amber, \`${consequence.reason}\``;
  return consequence.kind === 'fault' ? 'fault: blinking amber' : 'refused, nothing changed';
}

/** docs/errors.md, from the one table of errors. */
export function errorReference(): string {
  const rows = Object.entries(errorTable).map(([code, { consequence, help }]) => {
    const exit = exitCodeOf(new CupcheckError(code as ErrorCode, ''));
    return `| \`${code}\` | ${atStation(consequence)} | ${exit} | ${help} |`;
  });
  return `# Errors

Generated from src/errors.ts by \`npm run docs\`. An error names what failed and with what value; its code says what it means.
"Exit" is what a command that ends with it returns.

| code | at the station | exit | what to do |
|---|---|---|---|
${rows.join('\n')}
`;
}
