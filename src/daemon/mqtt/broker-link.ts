import { setMaxListeners } from 'node:events';
import mqtt, { type IClientOptions, type IPublishPacket, type MqttClient } from 'mqtt';
import { CupcheckError } from '../../errors.js';
import { maxAnswering } from './request-desk.js';

/** The broker answered a publish with a reason code of 0x80 or more: it does not have the message. */
export class PublishRefused extends CupcheckError {
  readonly reasonCode: number;

  constructor(topic: string, reasonCode: number) {
    super('BROKER_UNREACHABLE', `the broker refused ${topic} with reason code 0x${reasonCode.toString(16)}`);
    this.reasonCode = reasonCode;
  }
}

/** How long the broker may take to hear our goodbye. */
const goodbyeMs = 2000;

const unreachable = (message: string, cause?: unknown): CupcheckError =>
  new CupcheckError('BROKER_UNREACHABLE', message, cause === undefined ? undefined : { cause });

/**
 * One connection to the broker, from CONNACK to its end; never reused.
 * Whatever was not acknowledged when it ends is rejected and forgotten: sending again is the outbox's business.
 */
export class BrokerLink {
  readonly #client: MqttClient;
  readonly #ended = new AbortController();
  readonly #ackTimeoutMs: number;

  private constructor(client: MqttClient, ackTimeoutMs: number) {
    this.#client = client;
    this.#ackTimeoutMs = ackTimeoutMs;
    // Each unanswered publish listens for the end; the request desk bounds them.
    setMaxListeners(2 * maxAnswering, this.#ended.signal);
    client.on('error', (error) => this.#end(error));
    client.on('disconnect', (packet) => {
      this.#end(
        unreachable(`the broker ended the connection with reason code 0x${(packet.reasonCode ?? 0).toString(16)}`),
      );
    });
    client.on('close', () => this.#end(unreachable('the connection to the broker was closed')));
  }

  /**
   * Errors: BROKER_UNREACHABLE, whose cause says why.
   * @param ackTimeoutMs a broker that has not acknowledged by then counts as gone
   */
  static async open(url: string, options: IClientOptions, ackTimeoutMs: number): Promise<BrokerLink> {
    const client = mqtt.connect(url, options);
    return new Promise((resolve, reject) => {
      const failures: Error[] = [];
      const failed = (error: Error): void => {
        failures.push(error);
      };
      const closed = (): void => {
        const [why] = failures;
        const reason = why === undefined ? 'the connection was closed' : why.message || String(why);
        client.end(true);
        reject(unreachable(`${url}: ${reason}`, why));
      };
      client.on('error', failed);
      client.once('close', closed);
      client.once('connect', () => {
        client.off('close', closed);
        client.off('error', failed);
        resolve(new BrokerLink(client, ackTimeoutMs));
      });
    });
  }

  /** Aborted, with the reason, when the connection ends. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** Resolves at the broker's acknowledgement (QoS 1) or when sent (QoS 0). Errors: PublishRefused, BROKER_UNREACHABLE. */
  publish(topic: string, payload: string, options: { readonly qos: 0 | 1; readonly retain: boolean }): Promise<void> {
    return this.#answered(`publish ${topic}`, (done) => {
      this.#client.publish(topic, payload, options, (error) => {
        const code = error !== undefined && error !== null && 'code' in error ? error.code : undefined;
        if (typeof code === 'number' && code >= 0x80) done(new PublishRefused(topic, code));
        else done(error ?? null);
      });
    });
  }

  /** Retained messages come with their flag (MQTT 5). Errors: BROKER_UNREACHABLE where the broker refuses. */
  subscribe(filter: string, onMessage: (topic: string, payload: Buffer, retained: boolean) => void): Promise<void> {
    this.#client.on('message', (topic: string, payload: Buffer, packet: IPublishPacket) => {
      onMessage(topic, payload, packet.retain);
    });
    return this.#answered(`subscribe ${filter}`, (done) => {
      this.#client.subscribe(filter, { qos: 1, rap: true, rh: 0 }, (error) => done(error ?? null));
    });
  }

  /** Says goodbye, so that the broker does not publish the will. */
  async close(): Promise<void> {
    if (this.#ended.signal.aborted) return;
    const closed = new Promise<void>((resolve) => {
      this.#client.once('close', () => resolve());
    });
    this.#client.end(false);
    await Promise.race([closed, this.#after(Math.min(goodbyeMs, this.#ackTimeoutMs))]);
    this.#end(unreachable('the station closed the connection'));
  }

  #answered(what: string, send: (done: (error: Error | null) => void) => void): Promise<void> {
    const { signal } = this.#ended;
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const timer = setTimeout(() => {
        this.#end(unreachable(`${what}: no answer within ${this.#ackTimeoutMs} ms`));
      }, this.#ackTimeoutMs);
      const ended = (): void => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', ended, { once: true });
      send((error) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', ended);
        if (error === null) resolve();
        else reject(error instanceof CupcheckError ? error : unreachable(`${what}: ${error.message}`, error));
      });
    });
  }

  #after(ms: number): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(resolve, ms).unref();
    });
  }

  #end(error: Error): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort(error);
    this.#client.end(true);
  }
}
