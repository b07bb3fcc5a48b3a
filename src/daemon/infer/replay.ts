import { type Reason, reasons } from '../../pipeline/judgement.js';
import type { KeptFile, ReplayedCup, ReplayRequest } from '../ports.js';
import { Fields } from './border.js';

/** More than the detector has cells. */
const mostItems = 10_000;
const mostReasons = 10_000;
const longestName = 200;
const longestDetail = 20_000;
const longestPath = 4096;
const mostBytes = 64 * 1024 * 1024;

const four = (fields: Fields, key: string): readonly [number, number, number, number] => {
  const [a, b, c, d] = fields.list(key, 4, (px, path) => new Fields({ px }, path).number('px'));
  if (a === undefined || b === undefined || c === undefined || d === undefined)
    return fields.refuse(key, 'four numbers');
  return [a, b, c, d];
};

const readFile = (file: Fields): KeptFile => ({
  path: file.text('path', longestPath),
  sha256: file.text('sha256', 64),
  bytes: file.whole('bytes', 1, mostBytes),
});

/** What is asked of the judging process, checked. Errors: BorderError. */
export function readReplay(fields: Fields): ReplayRequest {
  const asked = fields.record('asked');
  return {
    cup: fields.text('cup', longestName),
    picture: readFile(fields.record('picture')),
    empty: fields.nullable('empty', (fields, key) => readFile(fields.record(key))),
    pxPerMm: fields.nullable('pxPerMm', (fields, key) => fields.number(key, 0.5, 200)),
    codeZone: fields.nullable('codeZone', four),
    asked: {
      mode: asked.oneOf('mode', ['confirm', 'identify']),
      design: asked.nullable('design', (fields, key) => fields.text(key, longestName)),
      count: asked.nullable('count', (fields, key) => fields.whole(key, 1, 1000)),
    },
  };
}

function readReason(value: unknown, path: string): { readonly reason: Reason; readonly detail: string } {
  const given = new Fields(value, path);
  return { reason: given.oneOf('reason', reasons), detail: given.string('detail', longestDetail) };
}

/** What the judging process answers, checked. Errors: BorderError. */
export function readReplayed(value: unknown, { asked }: Pick<ReplayRequest, 'asked'>): ReplayedCup {
  const fields = new Fields(value, 'replayed');
  const score = (fields: Fields, key: string) => fields.nullable(key, (fields, key) => fields.number(key));
  const design = (fields: Fields, key: string) => fields.nullable(key, (fields, key) => fields.text(key, longestName));
  const replayed = {
    verdict: fields.oneOf('verdict', ['green', 'amber']),
    reasons: fields.list('reasons', mostReasons, readReason),
    design: design(fields, 'design'),
    score: score(fields, 'score'),
    items: fields.list('items', mostItems, (value, path) => {
      const item = new Fields(value, path);
      return { box: four(item, 'box'), design: design(item, 'design'), score: score(item, 'score') };
    }),
  };
  if (replayed.verdict === 'amber' && replayed.reasons.length === 0)
    fields.refuse('reasons', 'at least one for an amber');
  if (replayed.verdict === 'green' && asked.mode === 'confirm' && replayed.design !== asked.design)
    fields.refuse('design', `the one that was asked for, ${asked.design ?? 'none'}`);
  return replayed;
}
