/** Markup that may stand in a page. Only `html` makes it, so that a text from a file can't be taken for it. */
export class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

export type Content = string | number | Markup | readonly Markup[];

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control characters may not stand in a page at all, escaped or not. */
const escaped = (text: string): string =>
  text.replace(/[&<>"']/g, (sign) => entities[sign] ?? '').replace(/(?![\n\t])\p{Cc}/gu, '\u00b7');

function rendered(content: Content): string {
  if (content instanceof Markup) return content.toString();
  if (Array.isArray(content)) return content.map(String).join('\n');
  return escaped(String(content));
}

/** Markup from a template: what is put in is escaped, unless it is markup itself. Attributes are to be quoted. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Markup {
  return new Markup(parts.reduce((text, part, index) => text + rendered(contents[index - 1] ?? '') + part));
}
