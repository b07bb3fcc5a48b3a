import type { Command } from 'commander';
import { wholeNumber } from '../arguments.js';
import { type Cli, examples } from '../cli.js';
import { hanging } from '../layout.js';

export function registerDiff(bundle: Command, cli: Cli): void {
  const diff = bundle
    .command('diff')
    .description(
      'judge the golden pictures and the newest journalled cups by two bundles and show what differs; ends with 1 where a verdict differs, a picture could not be judged, or there is none',
    )
    .argument('<before>', 'a bundle: active, previous, a digest, NAME-VERSION, or a folder')
    .argument('<now>', 'the other one')
    .option('--last <cups>', 'the newest journalled cups with a picture', wholeNumber(1, 10_000), 50)
    .action(
      cli.action(async (first: string, second: string, { last }: { last: number }) => {
        const { showReplay } = await import('../replay/show-replay.js');
        const { ReplayJudge } = await import('../replay/replay-judge.js');
        const { meantFolder } = await import('../bundle/meant-folder.js');
        const { readTrust } = await import('../../daemon/bundles/trusted-keys.js');
        const { readSignedManifest } = await import('../../pipeline/bundle/read-manifest.js');
        const { config } = await cli.goodConfig();
        const folders = [await meantFolder(first, config), await meantFolder(second, config)] as const;
        // Before the journal is asked: what is no bundle is refused, whatever there is to judge.
        const trust = await readTrust({ folder: config.bundle.trusted, allowUnsigned: true });
        const [one, other] = [await readSignedManifest(folders[0], trust), await readSignedManifest(folders[1], trust)];
        if (one.sha256 === other.sha256) {
          const { name, version } = one.manifest;
          const same = `${first} and ${second} are the same bundle, ${name} ${version} (${one.sha256.slice(0, 12)}): nothing of it can differ.`;
          for (const line of hanging(same)) cli.terminal.err(line);
        }
        return await showReplay(cli, config, { cups: [], last, golden: true }, async (calibration) => {
          const load = (folder: string) =>
            ReplayJudge.load({ config, folder, judge: null, precision: null, calibration });
          const before = await load(folders[0]);
          const now = await load(folders[1]).catch(async (thrown: unknown) => {
            await before.close();
            throw thrown;
          });
          const named = ({ bundle: { name, version, sha256 } }: typeof now) =>
            `${name} ${version} (${sha256.slice(0, 12)})`;
          return {
            heads: [named(before), named(now)],
            judge: async (result, jpeg) => [await before.judge(result, jpeg), await now.judge(result, jpeg)],
            judgeGolden: async (...golden) => [await before.judgeGolden(...golden), await now.judgeGolden(...golden)],
            close: () => Promise.all([before.close(), now.close()]),
          };
        });
      }),
    );
  examples(diff, ['cupcheck bundle diff active coins-2.1.0', 'cupcheck bundle diff previous active --last 200']);
}
