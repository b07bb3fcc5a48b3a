import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { join } from 'node:path';
import type { PictureDocument } from '../../src/cli/judge.js';
import { compiled } from '../fixtures/compiled.js';
import { camera } from './cups.js';

/** What is compared of a judgement. */
export interface Verdict {
  readonly verdict: 'green' | 'amber';
  readonly reasons: readonly string[];
}

/** What `cupcheck judge` says of the pictures, by their names: an order of three red items. */
export async function judgedOnHost(
  folder: string,
  names: readonly string[],
  bundle: string,
): Promise<ReadonlyMap<string, Verdict>> {
  const args = ['--json', '--expect', 'red', '--count', '3', '--px-per-mm', String(camera.pxPerMm)];
  const own = ['--reference', join(folder, 'empty.jpg'), '--bundle', bundle];
  const program = [fileURLToPath(compiled('cli/main.ts')), 'judge', ...args, ...own];
  const images = names.map((name) => join(folder, name));
  // It ends with 1 where a picture is amber.
  const { stdout } = await promisify(execFile)(process.execPath, [...program, ...images], { maxBuffer: 1 << 28 }).catch(
    (error: unknown) => {
      if (typeof error === 'object' && error !== null && 'code' in error && error.code === 1 && 'stdout' in error)
        return { stdout: String(error.stdout) };
      throw error;
    },
  );
  const documents = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as PictureDocument);
  return new Map(
    documents.map((document, at) => {
      if ('error' in document) throw new Error(`${document.image}: ${document.error.message}`);
      return [names[at] ?? '', verdictOf(document)];
    }),
  );
}

export function verdictOf(judged: {
  readonly verdict: 'green' | 'amber';
  readonly reasons: readonly { readonly reason: string }[];
}): Verdict {
  return { verdict: judged.verdict, reasons: [...new Set(judged.reasons.map(({ reason }) => reason))].toSorted() };
}
