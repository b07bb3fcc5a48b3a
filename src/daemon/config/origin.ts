/** Where a value of the config comes from. */
export type Origin =
  | { readonly from: 'default' }
  | { readonly from: 'file'; readonly path: string; readonly line: number }
  | { readonly from: 'environment'; readonly variable: string }
  | { readonly from: 'command line' };

export function originText(origin: Origin): string {
  if (origin.from === 'file') return `${origin.path}:${origin.line}`;
  if (origin.from === 'environment') return `environment ${origin.variable}`;
  return origin.from;
}

/** A value as it was given, before it is checked. */
export interface Given {
  readonly name: string;
  readonly value: unknown;
  readonly origin: Origin;
}

/** What is wrong, and with which key; `null` where it is the source as a whole. */
export interface Problem {
  readonly key: string | null;
  readonly message: string;
}

/** What the reader of one source found. */
export interface Source {
  readonly given: readonly Given[];
  readonly problems: readonly Problem[];
}
