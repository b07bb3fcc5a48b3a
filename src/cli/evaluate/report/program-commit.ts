import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { ownVersion } from '../../../pipeline/bundle/own-version.js';

/** The version of this program, and its commit where it runs from a checkout: "0.1.0, commit 1a2b3c4 with changes". */
export async function programText(): Promise<string> {
  const root = fileURLToPath(new URL('../../../../', import.meta.url));
  if (!existsSync(`${root}.git`)) return ownVersion();
  const git = async (...args: string[]) => (await promisify(execFile)('git', ['-C', root, ...args])).stdout.trim();
  try {
    const commit = await git('rev-parse', '--short', 'HEAD');
    const changed = await git('status', '--porcelain', '--untracked-files=no');
    return `${ownVersion()}, commit ${commit}${changed === '' ? '' : ' with changes'}`;
  } catch {
    // No git here, or a folder of another owner: then the version alone is known.
    return ownVersion();
  }
}
