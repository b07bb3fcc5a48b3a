import { connect } from 'node:net';
import { once } from 'node:events';
import type { Config } from '../../daemon/config/schema.js';
import type { Finding } from '../../daemon/control/station-verbs.js';
import { fail, ok, warn } from './finding.js';

const patienceMs = 3000;

/** Whether something takes connections at the broker's address; the password is for the station to try. */
export async function brokerAddress({ mqtt }: Pick<Config, 'mqtt'>): Promise<Finding> {
  if (!mqtt.enabled) {
    return warn('broker address', 'mqtt is off: results stay in the journal', 'Set mqtt.enabled and mqtt.url.');
  }
  const url = new URL(mqtt.url);
  const port = url.port === '' ? (url.protocol === 'mqtts:' ? 8883 : 1883) : Number(url.port);
  // The brackets of an IPv6 address belong to the URL alone.
  const socket = connect({ host: url.hostname.replace(/^\[|\]$/g, ''), port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(patienceMs) });
    return ok('broker address', `${url.hostname}:${port} takes connections`);
  } catch (error) {
    const why = error instanceof Error && error.name === 'AbortError' ? 'no answer' : (error as Error).message;
    return fail('broker address', `${url.hostname}:${port}: ${why}`, 'Check mqtt.url, the network and the broker.');
  } finally {
    socket.destroy();
  }
}
