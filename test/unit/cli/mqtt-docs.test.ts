import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { capturedIn, demoTopics, documentedTopics, mqttReference } from '../../../src/cli/reference/mqtt-reference.js';
import { readSchema, schemaFields, schemaNames } from '../../../src/cli/reference/schema-fields.js';
import { reasons, warnings } from '../../../src/pipeline/judgement.js';
import { schemaProblems } from '../../fixtures/schemas.js';

// A stale page is mended by: npm run docs:mqtt
const page = readFileSync(new URL('../../../docs/mqtt.md', import.meta.url), 'utf8');
const captured = capturedIn(page);

/** The part of the page below a heading. */
function part(heading: string): string {
  const begin = page.indexOf(`\n${heading}\n`);
  expect(begin, heading).toBeGreaterThan(0);
  const rest = page.slice(begin + heading.length + 2);
  return rest.slice(0, rest.search(/\n#{2,3} |$(?![^])/));
}

describe('docs/mqtt.md', () => {
  it('is what the program says today, around the messages that it holds', () => {
    expect(mqttReference(captured)).toBe(page);
  });

  it.each(documentedTopics)('shows a real message on $topic, as its schema wants it', ({ topic, schema }) => {
    const messages = captured.filter((one) => one.topic === `${demoTopics.root}/${topic}`);
    expect(messages).not.toEqual([]);
    expect(part('## Topics')).toContain(`| \`${topic}\` |`);
    for (const { payload } of messages) {
      const document: unknown = payload.startsWith('{') ? JSON.parse(payload) : payload;
      // One request of the page is wrong on purpose: its answer is the example of a refusal.
      if (payload.includes('"desing"')) expect(schemaProblems(schema, document)).not.toEqual([]);
      else expect(schemaProblems(schema, document), payload).toEqual([]);
    }
  });

  it('shows a green, an amber, an answer and a refusal', () => {
    const payloads = captured.map(({ payload }) => payload).join('\n');
    for (const text of ['"verdict":"green"', '"verdict":"amber"', '"ok":true', '"ok":false']) {
      expect(payloads).toContain(text);
    }
  });

  it.each(schemaNames())('lists and explains every field of %s', (name) => {
    const text = part(`### ${name}`);
    for (const { path, description } of schemaFields(readSchema(name))) {
      expect(text, path).toContain(`| \`${path}\` |`);
      expect(description, path).not.toBe('');
    }
  });

  it('lists every reason and every warning', () => {
    for (const reason of reasons) expect(part('## Reasons')).toContain(`| \`${reason}\` |`);
    for (const warning of warnings) expect(part('## Warnings')).toContain(`| \`${warning}\` |`);
  });
});
