import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { cliReference, commandHelps } from '../../../src/cli/reference/cli-reference.js';
import { errorReference } from '../../../src/cli/reference/error-reference.js';
import { metricsReference } from '../../../src/cli/reference/metrics-reference.js';
import { shippedSurenessPage } from '../../../src/cli/reference/sureness-page.js';
import { configDocs } from '../../../src/daemon/config/docs.js';
import { errorTable } from '../../../src/errors.js';
import { reasons } from '../../../src/pipeline/judgement.js';

const page = (name: string) => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

describe('the generated pages', () => {
  // A stale page is mended by: npm run docs
  it.each([
    ['config.md', configDocs],
    ['cli.md', cliReference],
    ['errors.md', errorReference],
    ['metrics.md', metricsReference],
    ['how-sure-is-green.md', shippedSurenessPage],
  ])('%s says what the program says', (name, generate) => {
    expect(page(name)).toBe(generate());
  });
});

describe('the help', () => {
  const helps = commandHelps(true);

  it('of every verb has an example that begins with its own name', () => {
    expect(helps.map((help) => help.name)).toContain('cupcheck journal verify');
    for (const { name, help } of helps) {
      expect(help.split('Examples:\n')[1] ?? '', name).toMatch(new RegExp(`^  ${name}\\b`, 'm'));
    }
  });

  it('fits 80 columns', () => {
    for (const { name, help } of helps) {
      // Examples are commands to copy: they are not broken.
      const text = help.split('Examples:')[0] ?? '';
      for (const line of text.split('\n')) expect(line.length, `${name}: ${line}`).toBeLessThanOrEqual(80);
    }
  });
});

describe('the table of errors', () => {
  it('names only reasons that a result may carry', () => {
    for (const [code, { consequence }] of Object.entries(errorTable)) {
      if (consequence.kind === 'amber') expect(reasons, code).toContain(consequence.reason);
    }
  });
});
