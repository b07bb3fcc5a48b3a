import { existsSync } from 'node:fs';
import { bundleStateFile } from '../../daemon/bundles/bundle-state-file.js';
import { originText } from '../../daemon/config/origin.js';
import type { LoadedConfig } from '../../daemon/config/load.js';
import { askStation } from '../../daemon/control/client.js';
import { JournalReader } from '../../daemon/journal/reader.js';
import type { Result } from '../../daemon/result.js';
import { readBounded } from '../../pipeline/bundle/read-bounded.js';
import { examine } from '../doctor/examine.js';
import { findingsLines } from '../doctor/finding-lines.js';
import type { PartPlan } from './part.js';
import { withoutSecrets } from './redact.js';
import { systemLog } from './system-log.js';
import { versions } from './versions.js';

const kib = 1024;
const stateBytes = 64 * kib;
/** Cups that the journal's summary counts, the newest. */
const cupsCounted = 100_000;
const plain = { out: () => undefined, err: () => undefined, colour: false };

const json = (document: unknown): string => `${JSON.stringify(document, null, 2)}\n`;

/** A value of the config in force; also where other values do not hold. */
export const settingOf = ({ values }: LoadedConfig, name: string): string =>
  String(values.find((value) => value.name === name)?.value);

function reading<T>(loaded: LoadedConfig, read: (reader: JournalReader) => T): T {
  const reader = JournalReader.open(settingOf(loaded, 'journal.path'));
  try {
    return read(reader);
  } finally {
    reader.close();
  }
}

/** The newest ambers, oldest first. Errors: JOURNAL_MISSING, JOURNAL_NEWER, STORAGE_FAULT. */
export const lastAmbers = (loaded: LoadedConfig, last: number): readonly Result[] =>
  reading(loaded, (reader) => reader.query({ verdict: 'amber', limit: last }));

/** As it lies there: one that cannot be read as a state says most. */
async function stateDocument(path: string): Promise<string> {
  if (!existsSync(path)) throw new Error('there is none: the bundle of the config judges, and always did');
  return (await readBounded(path, stateBytes, 'BUNDLE_STATE', 'BUNDLE_STATE')).toString('utf8');
}

function configDocument(loaded: LoadedConfig): object {
  const problems = loaded.ok ? [] : loaded.problems.map(({ message }) => message);
  const values = withoutSecrets(loaded.values).map(({ name, value, origin }) => [
    name,
    { value, from: originText(origin) },
  ]);
  return {
    file: loaded.file,
    ok: loaded.ok,
    sha256: loaded.ok ? loaded.sha256 : null,
    problems,
    values: Object.fromEntries(values) as object,
  };
}

/** Every part of a support bundle but its pictures, in the order in which they are made: the quick ones first. */
export const partPlans = (loaded: LoadedConfig, last: number): readonly PartPlan[] => [
  {
    name: 'versions.json',
    what: 'versions of program, bundle, Node, ONNX Runtime and system; memory and load',
    limitBytes: 64 * kib,
    over: 'leave_out',
    make: async () => json(await versions(loaded)),
  },
  {
    name: 'config.json',
    what: 'each value in force and where it comes from; values of secret keys are removed',
    limitBytes: 256 * kib,
    over: 'leave_out',
    make: () => Promise.resolve(json(configDocument(loaded))),
  },
  {
    name: 'status.json',
    what: 'what the running station said of itself (cupcheck status --json)',
    limitBytes: 256 * kib,
    over: 'leave_out',
    make: async (signal) => json(await askStation(settingOf(loaded, 'control.socket'), 'status', {}, { signal })),
  },
  {
    name: 'bundle-state.json',
    what: 'which bundle judges, which judged before, what became of others',
    limitBytes: 64 * kib,
    over: 'leave_out',
    make: () => stateDocument(bundleStateFile(settingOf(loaded, 'state.path'))),
  },
  {
    name: 'journal.json',
    what: `the newest ${cupsCounted} cups in numbers: by verdict, reason and day`,
    limitBytes: 1024 * kib,
    over: 'leave_out',
    make: () => Promise.resolve(json(reading(loaded, (reader) => reader.summary(cupsCounted)))),
  },
  {
    name: 'ambers.jsonl',
    what: `the results of the last ambers, at most ${last}, one a line, the newest last`,
    limitBytes: 4096 * kib,
    over: 'keep_end',
    make: () =>
      Promise.resolve(
        lastAmbers(loaded, last)
          .map((result) => `${JSON.stringify(result)}\n`)
          .join(''),
      ),
  },
  {
    name: 'log.txt',
    what: 'the last lines of the units cupcheck and cupcheck-light in the systemd journal',
    limitBytes: 2048 * kib,
    over: 'keep_end',
    make: (signal) => systemLog(signal),
  },
  {
    name: 'doctor.txt',
    what: 'what cupcheck doctor found',
    limitBytes: 256 * kib,
    over: 'leave_out',
    make: async () => `${findingsLines(await examine(loaded), plain).join('\n')}\n`,
  },
];
