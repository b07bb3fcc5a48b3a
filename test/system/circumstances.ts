import type { StateDocument } from '../../src/daemon/mqtt/documents.js';
import type { Machine } from './machine.js';

/** Lines of the units' journal that are told. */
const lines = 30;
const askMs = 60_000;
const units = 'cupcheck.service cupcheck-light.service';

/** How the station stands, for an error that says what was waited for. @param state what it said last of itself */
export async function circumstances(machine: Pick<Machine, 'run'>, state: StateDocument | null): Promise<string> {
  const said = `the station said last: ${state === null ? 'nothing' : JSON.stringify(state)}`;
  const named = units.replace(/(\S+)/g, '--unit=$1');
  const command = `systemctl is-active ${units}; journalctl --no-pager --output=short-monotonic --lines=${lines} ${named}`;
  try {
    const { stdout, stderr } = await machine.run(command, { timeoutMs: askMs });
    return `${said}\nits units and the end of their journal:\n${stdout}${stderr}`;
  } catch (error) {
    return `${said}\nits journal cannot be read: ${String(error)}`;
  }
}
