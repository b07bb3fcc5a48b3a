import { existsSync } from 'node:fs';
import type { Config } from '../../daemon/config/schema.js';
import type { Finding } from '../../daemon/control/station-verbs.js';
import { JournalReader } from '../../daemon/journal/reader.js';
import { counted } from '../layout.js';
import { fail, ok } from './finding.js';

/** Every row of the journal, as `journal verify` checks them. Errors: JOURNAL_NEWER, STORAGE_FAULT. */
export function journal({ journal: { path } }: Config): Promise<Finding> {
  if (!existsSync(path)) return Promise.resolve(ok('journal', `none yet at ${path}: the first start makes it`));
  const reader = JournalReader.open(path);
  try {
    const report = reader.verify();
    if (report.ok) return Promise.resolve(ok('journal', `${counted(report.rows, 'row')}, no gap, no disagreement`));
    const found = `${counted(report.problemsFound, 'problem')} found`;
    return Promise.resolve(fail('journal', found, 'See them: cupcheck journal verify. Keep the file for the report.'));
  } finally {
    reader.close();
  }
}
