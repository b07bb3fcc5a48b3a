import { allowed } from './formats.js';
import { keys } from './keys.js';

/** One key, as `config docs --json` and docs/config.md tell it. */
export interface KeyDoc {
  readonly name: string;
  readonly allowed: string;
  readonly default: unknown;
  readonly env: string;
  readonly doc: string;
}

export function keyDocs(): KeyDoc[] {
  return keys.map(({ name, env, key }) => {
    const doc = key.sensitive ? `${key.doc} Left out of support bundles.` : key.doc;
    return { name, env, allowed: allowed(key), default: key.default, doc };
  });
}

const cell = (text: string) => text.replaceAll('|', '\\|').replaceAll('<', '&lt;');

/** docs/config.md, from the schema. */
export function configDocs(): string {
  const sections = new Map<string, KeyDoc[]>();
  for (const doc of keyDocs()) {
    const section = doc.name.slice(0, doc.name.indexOf('.'));
    sections.set(section, [...(sections.get(section) ?? []), doc]);
  }
  const tables = [...sections].map(([section, docs]) =>
    [
      `## ${section}`,
      '| key | allowed | default | meaning |',
      '|---|---|---|---|',
      ...docs.map(
        ({ name, allowed, default: value, doc }) =>
          `| \`${name}\` | ${cell(allowed)} | \`${JSON.stringify(value)}\` | ${cell(doc)} |`,
      ),
    ].join('\n'),
  );
  return `# Config

Generated from the schema by \`npm run docs\`.

The station reads \`/etc/cupcheck/config.yaml\` (or \`--config FILE\`, or \`$CUPCHECK_CONFIG\`) once, when it starts. A key that is
not there has its default. Each key has a variable in the environment, which counts before the file:
\`station.deadlineMs\` is \`CUPCHECK_STATION_DEADLINE_MS\`; lists are words with commas between them. \`--set station.deadlineMs=900\`
counts before both. Relative paths start at the folder of the file (those of \`journal\` and \`images\` at \`state.path\`), in
the environment and on the command line at the working folder. Secrets are never in the config: it names the files that
hold them.

\`cupcheck config check\` names every problem at once; \`cupcheck config show\` tells where each value comes from. With a wrong
config the station does not judge: it blinks amber and says why in \`cupcheck status\` and over MQTT.

${tables.join('\n\n')}
`;
}
