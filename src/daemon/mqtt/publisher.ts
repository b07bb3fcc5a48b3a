import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import { asCupcheckError, type CupcheckError } from '../../errors.js';
import type { Journal } from '../ports.js';
import { BrokerConnection, type BrokerTimes, brokerTimes } from './broker-connection.js';
import { type BrokerLink, PublishRefused } from './broker-link.js';
import { type BrokerSettings, clientOptions, openSecrets } from './client-options.js';
import type { HealthDocument, InfoDocument, RequestHandler, StateDocument } from './documents.js';
import { discoveries } from './home-assistant.js';
import { OutboxPump } from './outbox-pump.js';
import { RequestDesk } from './request-desk.js';
import { topicsOf, type Topics } from './topics.js';

export interface PublisherOptions {
  readonly settings: BrokerSettings;
  readonly homeAssistant: boolean;
  readonly healthIntervalMs: number;
  readonly journal: Pick<Journal, 'nextUnsent' | 'newest' | 'delivered' | 'outbox' | 'onShown'>;
  readonly handle: RequestHandler;
  readonly health: () => Promise<HealthDocument>;
  readonly log: Logger;
  /** Tests shorten the pauses. */
  readonly times?: BrokerTimes;
}

const retained = { qos: 1, retain: true } as const;

/** The station towards its broker: who it is, how it is, every result once at least, and the requests that it takes. */
export class MqttPublisher {
  readonly topics: Topics;
  readonly #options: PublisherOptions;
  readonly #connection: BrokerConnection;
  readonly #pump: OutboxPump;
  readonly #desk: RequestDesk;
  #info: InfoDocument | null = null;
  #state: StateDocument | null = null;

  /** Does no I/O. Errors: CONFIG_INVALID. */
  constructor(options: PublisherOptions) {
    const { settings, journal, handle, log } = options;
    const times = options.times ?? brokerTimes;
    this.#options = options;
    this.topics = topicsOf(settings.base, settings.station);
    this.#pump = new OutboxPump({
      journal,
      topics: this.topics,
      log,
      retryMs: { first: times.firstRetryMs, longest: times.longestRetryMs },
    });
    this.#desk = new RequestDesk(handle, log);
    this.#connection = new BrokerConnection({
      settings,
      availability: this.topics.availability,
      times,
      log,
      serve: (link) => this.#serve(link),
    });
  }

  get connected(): boolean {
    return this.#connection.link !== null;
  }

  get connects(): number {
    return this.#connection.connects;
  }

  /** Why there is no connection, for `status` and `doctor`. */
  get lastError(): CupcheckError | null {
    return this.#connection.lastError;
  }

  /** The row that the broker refuses, and why; `null` while the outbox flows. */
  get stuck(): OutboxPump['stuck'] {
    return this.#pump.stuck;
  }

  get refusals(): number {
    return this.#pump.refusals;
  }

  get requestsDropped(): number {
    return this.#desk.dropped;
  }

  /** Errors: CONFIG_INVALID where a file of the config cannot be read. */
  start(): void {
    const { settings, log } = this.#options;
    // Read once here, so that a wrong path is told at the start and not with each try.
    clientOptions(settings, this.topics.availability);
    for (const path of openSecrets(settings)) {
      log.warn({ path }, `every user can read this secret: chmod o-rwx ${path}`);
    }
    this.#connection.start();
  }

  /** Says `offline` and goes. Results that are not delivered stay in the outbox. */
  async stop(): Promise<void> {
    this.#desk.stop();
    const { link } = this.#connection;
    if (link !== null) await this.#send(link, this.topics.availability, 'offline');
    await this.#connection.stop();
  }

  /** One that is another than before is published at once, and the newest again with each connection. */
  info(document: InfoDocument): void {
    if (isDeepStrictEqual(document, this.#info)) return;
    this.#info = document;
    this.#publishNow(this.topics.info, document);
  }

  state(document: StateDocument): void {
    this.#state = document;
    this.#publishNow(this.topics.state, document);
  }

  #publishNow(topic: string, document: object): void {
    const { link } = this.#connection;
    if (link !== null) void this.#send(link, topic, JSON.stringify(document));
  }

  /** A retained message. Failing is no more than a line in the log: it is published again with the next connection. */
  async #send(link: BrokerLink, topic: string, payload: string): Promise<void> {
    try {
      await link.publish(topic, payload, retained);
    } catch (error) {
      if (error instanceof PublishRefused) this.#options.log.error({ err: error, topic }, 'the broker refuses a topic');
      else this.#options.log.debug({ err: asCupcheckError(error), topic }, 'not published');
    }
  }

  async #serve(link: BrokerLink): Promise<void> {
    const { settings, homeAssistant, log } = this.#options;
    // Before anybody is told: a cup that comes after `online` is not old.
    const newestPosition = await this.#pump.newestPosition(link);
    await this.#send(link, this.topics.availability, 'online');
    if (this.#info !== null) await this.#send(link, this.topics.info, JSON.stringify(this.#info));
    if (this.#state !== null) await this.#send(link, this.topics.state, JSON.stringify(this.#state));
    if (homeAssistant) {
      for (const { topic, payload } of discoveries(this.topics, settings.station, this.#info?.version ?? 'unknown')) {
        await this.#send(link, topic, JSON.stringify(payload));
      }
    }
    // On MQTT 3.1.1 a retained request cannot be told from a live one, so none is taken.
    if (settings.protocol === '5') {
      await link
        .subscribe(this.topics.requests, (topic, payload, isRetained) =>
          this.#receive(link, topic, payload, isRetained),
        )
        .catch((error: unknown) => log.error({ err: asCupcheckError(error) }, 'the broker refuses requests'));
    }
    const beat = setInterval(() => void this.#beat(link), this.#options.healthIntervalMs);
    try {
      await this.#beat(link);
      await this.#pump.run(link, newestPosition);
    } finally {
      clearInterval(beat);
    }
  }

  #receive(link: BrokerLink, topic: string, payload: Buffer, isRetained: boolean): void {
    const verb = this.topics.verbOf(topic);
    if (verb === null) return;
    this.#desk.receive(verb, payload, isRetained, (verb, response) =>
      link.publish(this.topics.response(verb), JSON.stringify(response), { qos: 1, retain: false }),
    );
  }

  async #beat(link: BrokerLink): Promise<void> {
    const { health, log } = this.#options;
    try {
      await link.publish(this.topics.health, JSON.stringify(await health()), { qos: 0, retain: false });
    } catch (error) {
      log.warn({ err: asCupcheckError(error) }, 'the health message was not published');
    }
  }
}
