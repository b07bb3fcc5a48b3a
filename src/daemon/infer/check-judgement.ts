import {
  type GreenJudgement,
  type JudgedItem,
  type Judgement,
  type Reason,
  reasons,
  type Warning,
  warnings,
} from '../../pipeline/judgement.js';
import type { Policy } from '../../pipeline/policy.js';
import type { FromCode } from '../order-code.js';
import type { OrderForCup } from '../orders.js';
import type { JudgeRequest } from '../ports.js';
import { Fields } from './border.js';

type Mode = Policy['mode'];

/** More than the detector has cells. */
const mostItems = 10_000;
const mostReasons = 10_000;
const longestName = 200;
const longestDetail = 20_000;

/**
 * The judgement of `request` as it came from the judging process, checked field by field.
 * A green's proofs cannot cross a process border, so a green is taken only where it names the very frame that the request
 * proved fresh, and where its own items, count, score and order do not contradict it; it then carries the request's proof.
 * Errors: BorderError.
 */
export function checkJudgement(
  value: unknown,
  request: JudgeRequest,
  mode: Mode,
  fromCode: FromCode = 'off',
): Judgement {
  const fields = new Fields(value, 'judgement');
  const items = fields.list('items', mostItems, checkItem);
  checkCount(fields.record('count'));
  fields.list('warnings', warnings.length, checkWarning);
  const ms = fields.record('ms');
  for (const stage of ['decode', 'quality', 'detect', 'crop', 'infer', 'judge']) ms.number(stage, 0);
  const codeOrder = fields.has('codeOrder') ? checkCodeOrder(fields, fromCode) : null;
  if (fields.oneOf('verdict', ['green', 'amber']) === 'green') {
    if (fromCode === 'required' && codeOrder === null)
      fields.refuse('codeOrder', 'there, for a green of a station that needs codes');
    return checkGreen(fields, items, value, codeOrder === null ? request : { ...request, order: codeOrder }, mode);
  }
  fields.nullable('design', design);
  fields.nullable('score', (fields, key) => fields.number(key));
  fields.nullable('threshold', (fields, key) => checkThreshold(fields.record(key)));
  const given = fields.list('reasons', mostReasons, checkReason);
  if (given.length === 0) fields.refuse('reasons', 'at least one for an amber');
  return value as Judgement;
}

function checkGreen(
  fields: Fields,
  items: readonly { readonly compatible: boolean }[],
  value: unknown,
  { first, order }: JudgeRequest,
  mode: Mode,
): GreenJudgement {
  const frame = fields.record('frame');
  if (frame.nanoseconds('exposedNs') !== first.stamp.exposedNs) frame.refuse('exposedNs', 'that of the judged frame');
  if (frame.whole('seq', 0, Number.MAX_SAFE_INTEGER) !== first.stamp.seq)
    frame.refuse('seq', 'that of the judged frame');
  const threshold = checkThreshold(fields.record('threshold'));
  if (fields.number('score') < threshold) fields.refuse('score', `at least the threshold, ${String(threshold)}`);
  if (items.length === 0 || !items.every((item) => item.compatible))
    fields.refuse('items', 'compatible, every one, for a green');
  const count = fields.record('count');
  if (count.whole('seen', 0, mostItems) !== items.length)
    count.refuse('seen', `the number of items, ${String(items.length)}`);
  const expected = count.nullable('expected', (fields, key) => fields.whole(key, 0, mostItems));
  if (expected !== null && expected !== items.length)
    count.refuse('expected', `what was seen, ${String(items.length)}`);
  const greenDesign = design(fields, 'design');
  if (order !== null && expected !== order.count) count.refuse('expected', `the order's count, ${String(order.count)}`);
  if (mode === 'confirm') {
    if (order === null) return fields.refuse('verdict', 'amber for a cup without an order');
    if (order.expired) fields.refuse('verdict', 'amber for an expired order');
    if (greenDesign !== order.design) fields.refuse('design', `the order's, ${order.design}`);
  }
  return { ...(value as GreenJudgement), frame: first.stamp };
}

/** The order that was read off the cup, as one that counts for it; its cups are counted in core. */
function checkCodeOrder(fields: Fields, fromCode: FromCode): OrderForCup {
  if (fromCode === 'off') fields.refuse('codeOrder', 'absent where no code is read');
  const code = fields.record('codeOrder');
  const expires = code.text('expires', longestName);
  if (Number.isNaN(Date.parse(expires))) code.refuse('expires', 'a moment');
  code.whole('cups', 1, 1_000_000);
  return {
    id: code.text('id', longestName),
    design: code.text('design', longestName),
    count: code.whole('count', 1, 20),
    cupNo: 1,
    expired: false,
  };
}

const design = (fields: Fields, key: string): string => fields.text(key, longestName);

function checkReason(value: unknown, path: string): Reason {
  const reason = new Fields(value, path);
  reason.string('detail', longestDetail);
  if (reason.has('item')) reason.whole('item', 0, mostItems);
  return reason.oneOf('reason', reasons);
}

function checkWarning(value: unknown, path: string): Warning {
  return new Fields({ warning: value }, path).oneOf('warning', warnings);
}

function checkCount(count: Fields): void {
  count.whole('seen', 0, mostItems);
  count.nullable('expected', (fields, key) => fields.whole(key, 0, mostItems));
  count.whole('informative', 0, mostItems);
  count.whole('undetectable', 0, mostItems);
}

function checkThreshold(threshold: Fields): number {
  threshold.flag('covered');
  const evidence = threshold.record('evidence');
  evidence.text('pool', longestName);
  for (const count of ['distinctCoins', 'distinctDesigns', 'falseGreens']) evidence.whole(count, 0, 1e9);
  evidence.number('bound', 0, 1);
  evidence.number('confidence', 0, 1);
  return threshold.number('score');
}

function checkItem(value: unknown, path: string): Pick<JudgedItem, 'compatible'> {
  const item = new Fields(value, path);
  const box = item.list('box', 4, (value, path) => new Fields({ px: value }, path).number('px'));
  if (box.length !== 4) item.refuse('box', 'four numbers');
  item.nullable('ellipse', (fields, key) => {
    const ellipse = fields.record(key);
    for (const axis of ['cx', 'cy', 'major', 'minor', 'angleRad']) ellipse.number(axis);
  });
  item.nullable('diameterMm', (fields, key) => fields.number(key, 0));
  item.nullable('side', (fields, key) => fields.oneOf(key, ['obverse', 'reverse']));
  item.nullable('design', design);
  item.nullable('score', (fields, key) => fields.number(key));
  item.flag('informative');
  const quality = item.record('quality');
  quality.number('rimSeen', 0, 1);
  quality.number('rimWidth', 0);
  quality.number('luma', 0, 255);
  quality.number('clipped', 0, 1);
  return { compatible: item.flag('compatible') };
}
