/** `text` as roff shows it word for word: backslashes, hyphens that are typed, and a dot that would begin a request. */
export function plain(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('×', '\\(mu')
    .replaceAll('≤', '\\(<=')
    .replaceAll('≥', '\\(>=')
    .replace(/^([.'])/gm, '\\&$1');
}

export const bold = (text: string): string => `\\fB${plain(text)}\\fR`;

/** A value that a person fills in. */
export const value = (text: string): string => `\\fI${plain(text)}\\fR`;

/** The flags of an option, as the help writes them: "-n, --lines <cups>". */
export const flags = (text: string): string =>
  text
    .split(/(<[^>]*>|\[[^\]]*\])/)
    .filter((part) => part !== '')
    .map((part) => (/^[<[]/.test(part) ? value(part.replace(/[<>]/g, '')) : bold(part)))
    .join('');

export const item = (tag: string, text: string): string => `.TP\n${tag}\n${plain(text)}`;

export const example = (lines: readonly string[]): string => `.nf\n${lines.map(plain).join('\n')}\n.fi`;

/** The head of a page; it has no date, so that the same program makes the same page. */
export const title = (name: string, section: number, version: string, manual: string): string =>
  `.TH ${name.toUpperCase().replaceAll('-', '\\-')} ${section} "" "cupcheck ${version}" "${manual}"`;
