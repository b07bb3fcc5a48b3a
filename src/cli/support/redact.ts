import type { ConfigValue } from '../../daemon/config/load.js';
import { keyNamed } from '../../daemon/config/keys.js';

export const removed = '(removed)';

const credentialsInUrl = /\/\/[^/\s"'@]*@/g;
const privateKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;
/** `password: x`, `"apiKey":"x"`, `CUPCHECK_TOKEN=x`: the name, what stands between, the value. */
const namedSecret =
  /([\w.-]*(?:password|passwd|passphrase|secret|token|api[_-]?key)[\w.-]*)(["']?\s*[:=]\s*)("(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s,;{}[\]"']+)/gi;

/** In the place of a value, with its quotes; JSON stays JSON. */
function hidden(between: string, value: string): string {
  // Items may be called tokens; what is told of them are scores.
  if (value === 'null' || /^-?\d+\.\d+$/.test(value)) return value;
  const quote = /^["']/.exec(value)?.[0] ?? /^["']/.exec(between)?.[0] ?? '';
  return `${quote}${removed}${quote}`;
}

/** A text without what looks like a secret in it. */
export const redacted = (text: string): string =>
  text
    .replace(privateKey, removed)
    .replace(credentialsInUrl, `//${removed}@`)
    .replace(
      namedSecret,
      (_, name: string, between: string, value: string) => `${name}${between}${hidden(between, value)}`,
    );

/** Values in force, those of sensitive keys removed; that one is set stays to be seen. */
export const withoutSecrets = (values: readonly ConfigValue[]): ConfigValue[] =>
  values.map((entry) => {
    const { sensitive = true } = keyNamed.get(entry.name)?.key ?? {};
    return sensitive && entry.value !== null ? { ...entry, value: removed } : entry;
  });
