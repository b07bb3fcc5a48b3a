import { type CupcheckError, isErrorCode, type ErrorCode } from '../../errors.js';
import { precisions } from '../../pipeline/bundle/precision.js';
import { proveFresh, type FrameStamp, type FreshStamp } from '../../pipeline/frame.js';
import type { OrderForCup } from '../orders.js';
import type { FrameRef, JudgeInfo, ReplayRequest } from '../ports.js';
import { Fields } from './border.js';
import { readReplay } from './replay.js';

/**
 * What core and the judging process say to each other, over Node's IPC channel with structured clone (bigint passes).
 * Pictures never travel here: a message names a slot of the shared ring, or a file. Each side checks what it gets.
 */

/** File descriptor under which the child finds the frame ring: the first one after stdin, stdout, stderr and the channel. */
export const ringFdInChild = 4;

/** A frame in the ring that was proved fresh; the proof is made again on the other side. */
export type FreshFrameRef = FrameRef & { readonly stamp: FreshStamp };

export type ToChild<Settings> =
  | { readonly type: 'start'; readonly settings: Settings }
  | {
      readonly type: 'judge';
      readonly id: number;
      readonly cup: string;
      readonly first: FreshFrameRef;
      readonly second: FreshFrameRef;
      readonly order: OrderForCup | null;
    }
  | { readonly type: 'compare'; readonly id: number; readonly cup: string; readonly frame: FrameRef }
  | ({ readonly type: 'replay'; readonly id: number } & ReplayRequest)
  | { readonly type: 'ping'; readonly id: number };

/** A question to the child, before the lane gives it its id. */
export type Question =
  | Omit<Extract<ToChild<never>, { type: 'judge' }>, 'id'>
  | Omit<Extract<ToChild<never>, { type: 'compare' }>, 'id'>
  | Omit<Extract<ToChild<never>, { type: 'replay' }>, 'id'>
  | Omit<Extract<ToChild<never>, { type: 'ping' }>, 'id'>;

export type Answer =
  | { readonly type: 'judged'; readonly id: number; readonly cup: string; readonly judgement: unknown }
  | {
      readonly type: 'compared';
      readonly id: number;
      readonly cup: string;
      readonly same: boolean;
      readonly difference: number;
    }
  | { readonly type: 'replayed'; readonly id: number; readonly cup: string; readonly replayed: unknown }
  | { readonly type: 'pong'; readonly id: number }
  | { readonly type: 'error'; readonly id: number; readonly code: ErrorCode; readonly message: string };

export type ToParent =
  | Answer
  | { readonly type: 'ready'; readonly info: JudgeInfo }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly message: string };

const longestName = 200;
const longestText = 4000;
const mostDesigns = 10_000;
const sha256Length = 64;

const errorOf = (fields: Fields): { code: ErrorCode; message: string } => {
  const code = fields.text('code', longestName);
  if (!isErrorCode(code)) return fields.refuse('code', 'a code of the error table');
  return { code, message: fields.text('message', longestText) };
};

/** What is sent about an error: its code and what failed, cut to what the border lets pass. */
export function errorToSend(error: CupcheckError): { code: ErrorCode; message: string } {
  return { code: error.code, message: (error.message || error.code).slice(0, longestText) };
}

const digest = (fields: Fields, key: string): string => fields.text(key, sha256Length);

function readInfo(fields: Fields): JudgeInfo {
  const [bundle, precision, engine] = [fields.record('bundle'), fields.record('precision'), fields.record('engine')];
  const why = (fields: Fields, key: string) => fields.text(key, longestText);
  return {
    provider: fields.text('provider', longestName),
    fallback: fields.nullable('fallback', (fields, key) => fields.text(key, longestText)),
    precision: { used: precision.oneOf('used', precisions), because: precision.nullable('because', why) },
    engine: { used: engine.nullable('used', digest), because: engine.nullable('because', why) },
    bundle: {
      name: bundle.text('name', longestName),
      version: bundle.text('version', longestName),
      sha256: digest(bundle, 'sha256'),
    },
    signedBy: fields.nullable('signedBy', (of, key) => {
      const by = of.record(key);
      return { key: digest(by, 'key'), name: by.text('name', longestName) };
    }),
    gallerySha256: digest(fields, 'gallerySha256'),
    calibrationSha256: fields.nullable('calibrationSha256', digest),
    designs: fields.list('designs', mostDesigns, (value, path) => {
      const design = new Fields(value, path);
      return {
        id: design.text('id', longestName),
        name: design.text('name', longestName),
        covered: design.flag('covered'),
      };
    }),
  };
}

/** A message from the child, checked. A judgement inside is checked against its request by `checkJudgement`, `readReplayed`. Errors: BorderError. */
export function readToParent(value: unknown): ToParent {
  const fields = new Fields(value, 'message');
  const type = fields.oneOf('type', ['ready', 'failed', 'judged', 'compared', 'replayed', 'pong', 'error']);
  if (type === 'ready') return { type, info: readInfo(fields.record('info')) };
  if (type === 'failed') return { type, ...errorOf(fields) };
  const id = fields.whole('id', 1, Number.MAX_SAFE_INTEGER);
  if (type === 'pong') return { type, id };
  if (type === 'error') return { type, id, ...errorOf(fields) };
  const cup = fields.text('cup', longestName);
  if (type === 'judged') return { type, id, cup, judgement: (value as { judgement?: unknown }).judgement };
  if (type === 'replayed') return { type, id, cup, replayed: (value as { replayed?: unknown }).replayed };
  return { type, id, cup, same: fields.flag('same'), difference: fields.number('difference', 0) };
}

const mostPixels = 8192;
const mostBytes = 512 * 1024 * 1024;

const readStamp = (stamp: Fields): FrameStamp => ({
  seq: stamp.whole('seq', 0, Number.MAX_SAFE_INTEGER),
  exposedNs: stamp.nullable('exposedNs', (fields, key) => fields.nanoseconds(key)),
});

function readFrame(frame: Fields): FrameRef {
  return {
    slot: frame.whole('slot', 0, 0xffff),
    generation: frame.whole('generation', 0, Number.MAX_SAFE_INTEGER),
    bytes: frame.whole('bytes', 1, mostBytes),
    encoding: frame.oneOf('encoding', ['jpeg', 'rgb', 'grey']),
    width: frame.whole('width', 0, mostPixels),
    height: frame.whole('height', 0, mostPixels),
    stride: frame.whole('stride', 0, mostBytes),
    stamp: readStamp(frame.record('stamp')),
  };
}

function readFreshFrame(frame: Fields): FreshFrameRef {
  const stamp = frame.record('stamp');
  const proof = proveFresh(readStamp(stamp), stamp.nanoseconds('notBeforeNs'));
  if (proof === null) return stamp.refuse('exposedNs', 'after notBeforeNs');
  return { ...readFrame(frame), stamp: proof };
}

function readOrder(order: Fields): OrderForCup {
  return {
    id: order.text('id', longestName),
    design: order.text('design', longestName),
    count: order.whole('count', 1, 1000),
    cupNo: order.whole('cupNo', 1, Number.MAX_SAFE_INTEGER),
    expired: order.flag('expired'),
  };
}

/** A question from core, checked, with its frames proved fresh again. Errors: BorderError. */
export function readQuestion(value: unknown): Exclude<ToChild<never>, { type: 'start' }> {
  const fields = new Fields(value, 'message');
  const type = fields.oneOf('type', ['judge', 'compare', 'replay', 'ping']);
  const id = fields.whole('id', 1, Number.MAX_SAFE_INTEGER);
  if (type === 'ping') return { type, id };
  if (type === 'replay') return { type, id, ...readReplay(fields) };
  const cup = fields.text('cup', longestName);
  if (type === 'compare') return { type, id, cup, frame: readFrame(fields.record('frame')) };
  return {
    type,
    id,
    cup,
    first: readFreshFrame(fields.record('first')),
    second: readFreshFrame(fields.record('second')),
    order: fields.nullable('order', (fields, key) => readOrder(fields.record(key))),
  };
}

/** The bare frame of a ring slot, without what cannot be sent (`release` of a held frame). */
export function frameToSend<Stamp extends FrameStamp>(
  frame: FrameRef & { readonly stamp: Stamp },
): FrameRef & { readonly stamp: Stamp } {
  const { slot, generation, bytes, encoding, width, height, stride, stamp } = frame;
  return { slot, generation, bytes, encoding, width, height, stride, stamp: { ...stamp } };
}
