import { readFileSync, statSync } from 'node:fs';
import type { IClientOptions } from 'mqtt';
import { CupcheckError } from '../../errors.js';

/** The connection as the config gives it. */
export interface BrokerSettings {
  /** mqtt://host[:port] or mqtts://host[:port]; no user or password in it. */
  readonly url: string;
  readonly protocol: '5' | '3.1.1';
  readonly base: string;
  readonly station: string;
  readonly username: string | null;
  /** Paths of files. */
  readonly passwordFile: string | null;
  readonly ca: string | null;
  readonly cert: string | null;
  readonly key: string | null;
}

export const requestMaxBytes = 16 * 1024;
/** The broker is asked to keep greater packets away; between the two limits a request is answered with a refusal. */
const packetMaxBytes = 4 * requestMaxBytes;
const keepaliveS = 30;
const connectTimeoutMs = 10_000;
const secretMaxBytes = 64 * 1024;

function readSecret(key: string, path: string): Buffer {
  try {
    if (statSync(path).size > secretMaxBytes) throw new Error(`it is larger than ${secretMaxBytes} bytes`);
    return readFileSync(path);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CupcheckError('CONFIG_INVALID', `mqtt.${key}: cannot read ${path}: ${why}`, { cause });
  }
}

/** Secret files that others than their owner and group can read; a person should be told. */
export function openSecrets(settings: BrokerSettings): readonly string[] {
  return [settings.passwordFile, settings.key].filter(
    (path): path is string => path !== null && (statSync(path).mode & 0o007) !== 0,
  );
}

/**
 * Options of one connection. Files are read each time, so a renewed certificate needs no restart.
 * Nothing is kept between connections: the client neither reconnects nor stores, because the outbox owns what is sent.
 * The client id stays the same, so that the broker ends a half-dead older connection, and publishes its will, before it accepts this one.
 * Errors: CONFIG_INVALID that names the file.
 */
export function clientOptions(settings: BrokerSettings, availability: string): IClientOptions {
  const { ca, cert, key, username, passwordFile } = settings;
  const five = settings.protocol === '5';
  return {
    protocolVersion: five ? 5 : 4,
    clientId: `cupcheck-${settings.station}`,
    clean: true,
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    keepalive: keepaliveS,
    connectTimeout: connectTimeoutMs,
    will: { topic: availability, payload: Buffer.from('offline'), qos: 1, retain: true },
    ...(five ? { properties: { sessionExpiryInterval: 0, maximumPacketSize: packetMaxBytes } } : {}),
    ...(username === null ? {} : { username }),
    ...(passwordFile === null ? {} : { password: readSecret('passwordFile', passwordFile).toString('utf8').trim() }),
    ...(ca === null ? {} : { ca: readSecret('ca', ca) }),
    ...(cert === null ? {} : { cert: readSecret('cert', cert) }),
    ...(key === null ? {} : { key: readSecret('key', key) }),
    rejectUnauthorized: true,
  };
}
