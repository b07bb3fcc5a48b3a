// V8's profile as a tree of calls with the milliseconds of each, without idling and without what is too small to see.
import { basename } from 'node:path';

const smallestShare = 0.003;

function nameOf({ callFrame: { functionName, url } }) {
  if (functionName.startsWith('(')) return functionName;
  const file = url === '' ? 'native' : basename(url);
  return `${functionName === '' ? 'anonymous' : functionName} ${file}`;
}

/** Children of one name are one: V8 has a node a call site. */
function merged(node, nodes, selfMs) {
  const children = new Map();
  for (const id of node.children ?? []) {
    const child = nodes.get(id);
    const name = nameOf(child);
    if (name === '(idle)') continue;
    const found = merged(child, nodes, selfMs);
    const known = children.get(name);
    children.set(name, known === undefined ? { name, ...found } : joined(known, { name, ...found }));
  }
  const below = [...children.values()];
  return { ms: (selfMs.get(node.id) ?? 0) + below.reduce((sum, { ms }) => sum + ms, 0), children: below };
}

function joined(a, b) {
  const children = new Map(a.children.map((child) => [child.name, child]));
  for (const child of b.children) {
    const known = children.get(child.name);
    children.set(child.name, known === undefined ? child : joined(known, child));
  }
  return { name: a.name, ms: a.ms + b.ms, children: [...children.values()] };
}

function pruned(node, leastMs) {
  const children = node.children
    .filter(({ ms }) => ms >= leastMs)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((child) => pruned(child, leastMs));
  return { name: node.name, ms: Math.round(node.ms * 100) / 100, children };
}

/** @param profile as V8 writes it (`*.cpuprofile`) */
export function flameTree({ nodes, samples, timeDeltas }) {
  const selfMs = new Map();
  for (const [index, id] of samples.entries()) selfMs.set(id, (selfMs.get(id) ?? 0) + (timeDeltas[index] ?? 0) / 1000);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const root = { name: 'judging process', ...merged(nodes[0], byId, selfMs) };
  return pruned(root, root.ms * smallestShare);
}
