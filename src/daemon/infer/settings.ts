import { Fields } from './border.js';

/** What the judging process is started with. */
export interface InferSettings {
  readonly bundlePath: string;
  readonly calibrationPath: string | null;
  readonly policy: { readonly mode: 'confirm' | 'identify' };
  readonly threads: number;
  readonly providers: { readonly order: readonly string[]; readonly require: string | null };
}

const longestPath = 4096;
const mostThreads = 256;
const mostProviders = 8;

/** The first message to the child, checked as far as a slip of wiring could reach. The policy is core's own typed record. Errors: BorderError. */
export function readStart(value: unknown): InferSettings {
  const message = new Fields(value, 'message');
  message.oneOf('type', ['start']);
  const settings = message.record('settings');
  const providers = settings.record('providers');
  settings.record('policy').oneOf('mode', ['confirm', 'identify']);
  return {
    bundlePath: settings.text('bundlePath', longestPath),
    calibrationPath: settings.nullable('calibrationPath', (fields, key) => fields.text(key, longestPath)),
    policy: (value as { settings: InferSettings }).settings.policy,
    threads: settings.whole('threads', 1, mostThreads),
    providers: {
      order: providers.list('order', mostProviders, (name, path) => new Fields({ name }, path).text('name', 40)),
      require: providers.nullable('require', (fields, key) => fields.text(key, 40)),
    },
  };
}
