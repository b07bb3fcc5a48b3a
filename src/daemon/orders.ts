/** What a requester asks for. */
export interface OrderRequest {
  readonly design: string;
  /** Items in a cup, 1 to 20. */
  readonly count: number;
  /** Cups that the order stands for. */
  readonly cups: number;
  /** UTC, ISO 8601; `null` = the station's default lifetime. */
  readonly expires: string | null;
  readonly id: string | null;
}

/** An order as it is kept on disk. */
export interface Order {
  readonly id: string;
  readonly design: string;
  readonly count: number;
  readonly cups: number;
  /** Cups that were shown green under it, or that a person resolved `ok`. */
  readonly used: number;
  /** UTC, ISO 8601. */
  readonly expires: string;
}

/** The order that was latched at a cup's trigger: a later order counts from the next cup on. */
export interface OrderForCup {
  readonly id: string;
  readonly design: string;
  readonly count: number;
  readonly cupNo: number;
  readonly expired: boolean;
}
