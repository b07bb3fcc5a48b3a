import { createHash } from 'node:crypto';
import type { Logger } from 'pino';
import { asCupcheckError, CupcheckError } from '../../errors.js';
import { type CheckedRequest, checkRequest } from './check-request.js';
import type { RequestHandler, ResponseDocument } from './documents.js';

/** Requests that wait for the one that is handled; the next is refused. */
const maxWaiting = 16;
/** Answers that may be on their way at once. */
export const maxAnswering = 2 * maxWaiting;
/** Tags that are remembered with their answers. */
const maxTags = 256;
/** A verb that a response topic can carry; anything else is dropped and counted. */
const answerable = /^[a-z][a-z0-9_-]{0,31}$/;
const handleTimeoutMs = 60_000;

/** Sends a response; resolves when the broker has it. */
export type Respond = (verb: string, response: ResponseDocument) => Promise<void>;

interface Known {
  readonly digest: string;
  readonly answer: Promise<ResponseDocument>;
}

type Outcome =
  | { readonly ok: true; readonly result: object }
  | {
      readonly ok: false;
      readonly error: { readonly code: CupcheckError['code']; readonly message: string; readonly help: string };
    };

const failure = ({ code, message, help }: CupcheckError): Outcome => ({ ok: false, error: { code, message, help } });

const document = (verb: string, tag: string | null, outcome: Outcome): ResponseDocument => ({
  schema: 1,
  verb,
  tag,
  repeated: false,
  ...outcome,
});

/**
 * Takes requests one at a time, from any connection. A tag that was seen before gets its old answer again and nothing
 * is done twice: QoS 1 delivers at least once, and a requester that missed its answer may ask again after a reconnect.
 */
export class RequestDesk {
  readonly #handle: RequestHandler;
  readonly #log: Logger;
  readonly #known = new Map<string, Known>();
  readonly #stopped = new AbortController();
  #waiting = 0;
  #answering = 0;
  #dropped = 0;
  #tail: Promise<unknown> = Promise.resolve();

  constructor(handle: RequestHandler, log: Logger) {
    this.#handle = handle;
    this.#log = log;
  }

  /** Messages that were not even answered: too many at once, or on a topic that no answer can name. */
  get dropped(): number {
    return this.#dropped;
  }

  receive(verb: string, payload: Buffer, retained: boolean, respond: Respond): void {
    // Clearing a retained request sends an empty one to its subscribers.
    if (retained && payload.byteLength === 0) return;
    if (!answerable.test(verb) || this.#answering >= maxAnswering) {
      this.#dropped += 1;
      this.#log.warn({ verb: verb.slice(0, 64), dropped: this.#dropped }, 'a request was dropped');
      return;
    }
    this.#answering += 1;
    this.#answer({ verb, payload, retained })
      .then((response) => respond(verb, response))
      // The requester asks again with the same tag, and gets the same answer.
      .catch((error: unknown) => this.#log.warn({ err: asCupcheckError(error), verb }, 'a response was not sent'))
      .finally(() => {
        this.#answering -= 1;
      });
  }

  /** Handles nothing more; what is being handled is told by its signal. */
  stop(): void {
    this.#stopped.abort(new CupcheckError('NOT_SUPPORTED', 'the station is stopping'));
  }

  async #answer(raw: { verb: string; payload: Buffer; retained: boolean }): Promise<ResponseDocument> {
    const request = checkRequest(raw);
    if ('error' in request) {
      this.#log.warn({ verb: raw.verb, code: request.error.code }, request.error.message);
      return document(raw.verb, request.tag, failure(request.error));
    }
    const key = `${request.verb} ${request.tag}`;
    const digest = createHash('sha256').update(JSON.stringify(request.params)).digest('hex');
    const known = this.#known.get(key);
    if (known !== undefined) {
      if (known.digest === digest) return { ...(await known.answer), repeated: true };
      const error = new CupcheckError(
        'REQUEST_INVALID',
        `the field "tag" was used for another ${request.verb} already`,
      );
      return document(request.verb, request.tag, failure(error));
    }
    if (this.#waiting >= maxWaiting) {
      const error = new CupcheckError('REQUEST_BUSY', `${this.#waiting} requests wait already`);
      return document(request.verb, request.tag, failure(error));
    }
    const answer = this.#queue(request);
    this.#remember(key, { digest, answer });
    return answer;
  }

  #queue(request: CheckedRequest): Promise<ResponseDocument> {
    this.#waiting += 1;
    const answer = this.#tail
      .then(() => this.#do(request))
      .finally(() => {
        this.#waiting -= 1;
      });
    this.#tail = answer;
    return answer;
  }

  async #do({ verb, tag, params }: CheckedRequest): Promise<ResponseDocument> {
    const signal = AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(handleTimeoutMs)]);
    const aborted = new Promise<never>((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    try {
      signal.throwIfAborted();
      const result = await Promise.race([this.#handle(verb, params, { via: 'mqtt', tag, signal }), aborted]);
      this.#log.info({ verb, tag }, 'did what a request asked');
      return document(verb, tag, { ok: true, result });
    } catch (thrown) {
      const error = asCupcheckError(thrown);
      this.#log.warn({ err: error, verb, tag }, 'a request failed');
      return document(verb, tag, failure(error));
    }
  }

  /** Drops the oldest tag: a Map keeps the order of insertion. */
  #remember(key: string, known: Known): void {
    this.#known.set(key, known);
    const oldest = this.#known.keys().next();
    if (this.#known.size > maxTags && oldest.done !== true) this.#known.delete(oldest.value);
  }
}
