import { parseText } from './formats.js';
import { keyNamed, keys } from './keys.js';
import { nearestVariable } from './nearest-key.js';
import type { Given, Problem, Source } from './origin.js';
import { unknownKey } from './read-file.js';

/** Values from CUPCHECK_… variables. An empty one counts as not set. A near miss of a known one is a problem. */
export function readEnvironment(env: NodeJS.ProcessEnv): Source {
  const given: Given[] = [];
  const problems: Problem[] = [];
  const byVariable = new Map(keys.map((entry) => [entry.env, entry]));
  for (const [variable, value] of Object.entries(env)) {
    if (!variable.startsWith('CUPCHECK_') || value === undefined || value === '') continue;
    const known = byVariable.get(variable);
    if (known === undefined) {
      const near = nearestVariable(variable);
      const message = `environment ${variable}: no key has this variable; did you mean ${near}?`;
      if (near !== null) problems.push({ key: null, message });
      continue;
    }
    const origin = { from: 'environment', variable } as const;
    given.push({ name: known.name, value: parseText(known.key.format, value), origin });
  }
  return { given, problems };
}

/** Values from `--set key=value`. */
export function readCommandLine(assignments: readonly string[]): Source {
  const given: Given[] = [];
  const problems: Problem[] = [];
  for (const assignment of assignments) {
    const split = assignment.indexOf('=');
    const name = assignment.slice(0, split);
    const known = keyNamed.get(name);
    if (split < 1)
      problems.push({ key: null, message: `command line: --set ${assignment.slice(0, 100)}: write key=value` });
    else if (known === undefined) problems.push(unknownKey(name, 'command line'));
    else {
      const text = assignment.slice(split + 1);
      const value = text === 'null' ? null : parseText(known.key.format, text);
      given.push({ name, value, origin: { from: 'command line' } });
    }
  }
  return { given, problems };
}
