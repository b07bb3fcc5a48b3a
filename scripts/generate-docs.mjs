// Writes the pages of docs/ that say what the program and its bundle say, from the compiled program: npm run docs.
import { writeFileSync } from 'node:fs';
import { cliReference } from '../dist/cli/reference/cli-reference.js';
import { errorReference } from '../dist/cli/reference/error-reference.js';
import { metricsReference } from '../dist/cli/reference/metrics-reference.js';
import { shippedSurenessPage } from '../dist/cli/reference/sureness-page.js';
import { configDocs } from '../dist/daemon/config/docs.js';

const pages = {
  'config.md': configDocs(),
  'cli.md': cliReference(),
  'errors.md': errorReference(),
  'metrics.md': metricsReference(),
  'how-sure-is-green.md': shippedSurenessPage(),
};
for (const [name, text] of Object.entries(pages)) writeFileSync(new URL(`../docs/${name}`, import.meta.url), text);
