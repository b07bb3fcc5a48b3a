import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** The file system as the kernel and the system show it; tests lay one of their own below a folder. */
export class SystemRoot {
  readonly #folder: string;

  constructor(folder = '/') {
    this.#folder = folder;
  }

  /** `path` from the root, without its slash: "dev/video0". */
  path(path: string): string {
    return join(this.#folder, path);
  }

  /** First line without its end; `null` where the file cannot be read. */
  async line(path: string): Promise<string | null> {
    const text = await this.text(path);
    return text === null ? null : (text.split('\n', 1)[0] ?? '').trim();
  }

  async text(path: string): Promise<string | null> {
    return readFile(this.path(path), 'utf8').catch(() => null);
  }

  /** Names in a folder that match, sorted as numbers are; none where there is no such folder. */
  async names(folder: string, pattern: RegExp): Promise<string[]> {
    const all = await readdir(this.path(folder)).catch((): string[] => []);
    return all.filter((name) => pattern.test(name)).sort(new Intl.Collator('en', { numeric: true }).compare);
  }

  /** Where the links of an absolute path lead; itself where there is no such file. */
  async target(path: string): Promise<string> {
    try {
      return join('/', relative(await realpath(this.#folder), await realpath(this.path(path))));
    } catch {
      // What does not exist leads nowhere.
      return path;
    }
  }

  /** Owner, group and permissions; `null` where there is no such file. */
  async owner(path: string): Promise<{ readonly uid: number; readonly gid: number; readonly mode: number } | null> {
    return stat(this.path(path)).catch(() => null);
  }

  /** A line of /etc/passwd or /etc/group by its name, split at its colons. */
  async account(file: 'passwd' | 'group', name: string): Promise<readonly string[] | null> {
    const text = (await this.text(`etc/${file}`)) ?? '';
    return (
      text
        .split('\n')
        .map((line) => line.split(':'))
        .find(([first]) => first === name) ?? null
    );
  }
}
