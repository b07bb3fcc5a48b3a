import { CupcheckError } from '../../errors.js';

/** The verbs that a request may name. */
export const verbs = ['trigger', 'order', 'status', 'selftest', 'resolve'] as const;
export type Verb = (typeof verbs)[number];

export function isVerb(text: string): text is Verb {
  return (verbs as readonly string[]).includes(text);
}

/** Every topic of one station, below `<base>/<station>/`. */
export interface Topics {
  readonly root: string;
  /** Retained `online` or `offline`; the last will. */
  readonly availability: string;
  /** Retained: versions, bundle, designs. */
  readonly info: string;
  /** Retained: what the station does now. */
  readonly state: string;
  readonly health: string;
  /** One document a cup. */
  readonly result: string;
  /** Retained: the newest cup. */
  readonly resultLast: string;
  /** What to subscribe to. */
  readonly requests: string;
  /** The verb of a request's topic; `null` for another topic. */
  verbOf(topic: string): string | null;
  response(verb: string): string;
}

const baseForm = /^[^\s+#$/][^\s+#/]*(\/[^\s+#/]+)*$/;
const stationForm = /^[^\s+#/]+$/;

/** Errors: CONFIG_INVALID where a name cannot be a topic level. */
export function topicsOf(base: string, station: string): Topics {
  if (!baseForm.test(base)) {
    throw new CupcheckError('CONFIG_INVALID', `mqtt.base "${base}" has an empty level, a space, +, # or a leading $`);
  }
  if (!stationForm.test(station)) {
    throw new CupcheckError('CONFIG_INVALID', `station.name "${station}" has a space, /, + or #`);
  }
  const root = `${base}/${station}`;
  const request = `${root}/request/`;
  return {
    root,
    availability: `${root}/availability`,
    info: `${root}/info`,
    state: `${root}/state`,
    health: `${root}/health`,
    result: `${root}/result`,
    resultLast: `${root}/result/last`,
    requests: `${request}#`,
    verbOf: (topic) => (topic.startsWith(request) ? topic.slice(request.length) : null),
    response: (verb) => `${root}/response/${verb}`,
  };
}
