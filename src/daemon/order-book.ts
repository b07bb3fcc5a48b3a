import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { closest } from 'fastest-levenshtein';
import { CupcheckError } from '../errors.js';
import { replaceFile } from './durable-file.js';
import type { Order, OrderForCup, OrderRequest } from './orders.js';

/** What the book needs to know of the bundle; `null` while none is loaded. */
type Designs = () => readonly { readonly id: string }[] | null;

/**
 * The order in force. It is kept in a file, what is used up of it in the journal:
 * a power cut between the two can neither lose an order nor green a cup too many.
 */
export class OrderBook {
  private order: Order | null = null;

  constructor(
    private readonly path: string,
    private readonly designs: Designs,
    private readonly defaultLifetimeS: number,
  ) {}

  /**
   * Reads the order that was in force before the restart. An absent file means none.
   * @param used how many cups of an order the journal says are used up
   * Errors: STORAGE_FAULT.
   */
  async load(used: (orderId: string) => Promise<number>): Promise<void> {
    let text: string;
    try {
      text = await readFile(this.path, 'utf8');
    } catch (cause) {
      if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return;
      throw new CupcheckError('STORAGE_FAULT', `cannot read the order in ${this.path}`, { cause });
    }
    const kept = parseKept(text, this.path);
    this.order = kept === null ? null : { ...kept, used: await used(kept.id) };
  }

  /** Replaces the order, from the next cup on. Errors: ORDER_INVALID, STORAGE_FAULT. */
  async set(request: OrderRequest, now: Date): Promise<Order> {
    const known = this.designs();
    if (known !== null && !known.some((design) => design.id === request.design)) {
      const nearest = closest(
        request.design,
        known.map((design) => design.id),
      );
      throw new CupcheckError(
        'ORDER_INVALID',
        `the bundle knows no design "${request.design}"; the nearest that it knows is "${nearest}"`,
      );
    }
    const expires = request.expires ?? new Date(now.getTime() + this.defaultLifetimeS * 1000).toISOString();
    if (Number.isNaN(Date.parse(expires)) || Date.parse(expires) <= now.getTime()) {
      throw new CupcheckError('ORDER_INVALID', `the expiry ${expires} is not a moment in the future`);
    }
    const { design, count, cups } = request;
    const order: Order = { id: request.id ?? randomUUID(), design, count, cups, used: 0, expires };
    await replaceFile(this.path, JSON.stringify(order));
    this.order = order;
    return order;
  }

  async clear(): Promise<void> {
    await replaceFile(this.path, 'null');
    this.order = null;
  }

  /** The order, used up or not; `null` where none was set. */
  current(): Order | null {
    return this.order;
  }

  /** The order as it counts for a cup that comes now; `null` where there is none, or it is used up. */
  latch(now: Date): OrderForCup | null {
    const order = this.order;
    if (order === null || order.used >= order.cups) return null;
    return {
      id: order.id,
      design: order.design,
      count: order.count,
      cupNo: order.used + 1,
      expired: now.getTime() >= Date.parse(order.expires),
    };
  }

  /** Counts again what the journal says is used up. Errors: STORAGE_FAULT. */
  async recount(used: (orderId: string) => Promise<number>): Promise<void> {
    const order = this.order;
    if (order === null) return;
    const count = await used(order.id);
    if (this.order?.id === order.id) this.order = { ...this.order, used: count };
  }

  /** One cup of the order is done: shown green, or resolved `ok` by a person. */
  use(orderId: string): void {
    if (this.order?.id === orderId) this.order = { ...this.order, used: this.order.used + 1 };
  }
}

function parseKept(text: string, path: string): Order | null {
  try {
    const kept: unknown = JSON.parse(text);
    if (kept === null) return null;
    if (isOrder(kept)) return kept;
  } catch (cause) {
    throw new CupcheckError('STORAGE_FAULT', `${path} does not hold an order; remove it and set the order again`, {
      cause,
    });
  }
  throw new CupcheckError('STORAGE_FAULT', `${path} does not hold an order; remove it and set the order again`);
}

function isOrder(value: unknown): value is Order {
  if (typeof value !== 'object' || value === null) return false;
  const fields = value as Record<string, unknown>;
  return (
    ['id', 'design', 'expires'].every((name) => typeof fields[name] === 'string') &&
    ['count', 'cups', 'used'].every((name) => Number.isSafeInteger(fields[name]))
  );
}
