import type { Command } from 'commander';
import type { LoadedConfig } from '../../daemon/config/load.js';
import { type Cli, examples } from '../cli.js';
import { badInput, done } from '../exit-codes.js';
import { counted, hanging, textColumns } from '../layout.js';

export function registerConfig(program: Command, cli: Cli): void {
  const config = program.command('config').description('check, show and explain the config');
  examples(config, ['cupcheck config check', 'cupcheck config show']);

  const check = config
    .command('check')
    .description('say whether the config is right; name each problem with its line')
    .action(
      cli.action(async () => {
        const loaded = await cli.loadConfig();
        const problems = loaded.ok ? [] : loaded.problems;
        const document = { ok: loaded.ok, file: loaded.file, problems: problems.map((problem) => problem.message) };
        cli.print(document, () => [
          ...problems.flatMap((problem) => hanging(problem.message)),
          loaded.ok ? `The config is right. ${fileText(loaded)}` : `${counted(problems.length, 'problem')} found.`,
        ]);
        return loaded.ok ? done : badInput;
      }),
    );
  examples(check, ['cupcheck config check', 'cupcheck config check --config ./config.yaml']);

  const show = config
    .command('show')
    .description('show every value in force and where it comes from')
    .option('--changed', 'leave defaults out')
    .action(
      cli.action(async ({ changed = false }: { changed?: boolean }) => {
        const loaded = await cli.goodConfig();
        const { originText } = await import('../../daemon/config/origin.js');
        const values = loaded.values.filter(({ origin }) => !changed || origin.from !== 'default');
        const document = { file: loaded.file, sha256: loaded.sha256, values };
        cli.print(document, () => [
          `# ${fileText(loaded)}`,
          `# sha256 ${loaded.sha256}`,
          ...values.flatMap(({ name, value, origin }) => {
            const setting = `${name}: ${Array.isArray(value) ? `[${value.join(', ')}]` : String(value)}`;
            return withOrigin(setting, `# ${originText(origin)}`);
          }),
        ]);
        return done;
      }),
    );
  examples(show, ['cupcheck config show', 'cupcheck config show --changed --json']);

  const docs = config
    .command('docs')
    .description('print the reference of every key (docs/config.md)')
    .action(
      cli.action(async () => {
        const { configDocs, keyDocs } = await import('../../daemon/config/docs.js');
        cli.print(keyDocs(), () => [configDocs().trimEnd()]);
        return done;
      }),
    );
  examples(docs, ['cupcheck config docs | less']);
}

function fileText({ file }: LoadedConfig): string {
  return file.found ? `File: ${file.path}` : `No file at ${file.path}: defaults hold.`;
}

/** Beside each other, under the origins of the other lines where there is room; else the origin on a line of its own. */
function withOrigin(setting: string, origin: string): string[] {
  const room = textColumns() - origin.length - 2;
  if (setting.length > room) return [setting, `    ${origin}`];
  return [`${setting.padEnd(Math.min(46, room))}  ${origin}`];
}
