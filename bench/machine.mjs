// What the numbers depend on, and which code they are of.
import { spawnSync } from 'node:child_process';
import { cpus, loadavg } from 'node:os';

/** The load is that of a minute before the end: this run's own, and what else the machine did. */
export function machine() {
  const all = cpus();
  return { cpu: all[0]?.model.trim() ?? 'unknown', cores: all.length, load1: loadavg()[0], node: process.version };
}

/** The commit, and whether the files differ from it. */
export function source(root) {
  const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' });
  const head = git('rev-parse', '--short=12', 'HEAD');
  if (head.status !== 0) return { commit: null, changed: null };
  const { stdout } = git('status', '--porcelain', '--', 'src', 'native', 'models', 'bench', 'package-lock.json');
  const changes = stdout.split('\n').filter((line) => line !== '' && !line.endsWith('bench/results.json'));
  return { commit: head.stdout.trim(), changed: changes.length > 0 };
}
