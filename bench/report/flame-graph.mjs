// A tree of calls as a flame graph: a call is as wide as its time, what it calls stands below it.
import { escape, picture, px, rect, text } from './svg.mjs';

const wide = 1000;
const rowHeight = 17;
const top = 30;
const letterPx = 6.3;

/** Functions of C++ have no name: they are their caller's. */
function colourOf(name, callers) {
  if (name === 'anonymous native') return callers;
  if (name === '(garbage collector)') return '#c9c9c9';
  if (name.endsWith('backend.js')) return '#a9c4e8';
  return name === 'callNative addon.js' ? '#a8d5c5' : '#f2c48d';
}

const depthOf = ({ children }) => 1 + Math.max(0, ...children.map(depthOf));

export function flameGraph(title, root) {
  const perMs = wide / root.ms;
  const parts = [text(4, 18, title)];
  const draw = (node, x, row, callers) => {
    const colour = colourOf(node.name, callers);
    const width = node.ms * perMs;
    const y = top + row * rowHeight;
    parts.push(
      rect(
        x,
        y,
        Math.max(0.5, width - 0.5),
        rowHeight - 1,
        colour,
        `${node.name}: ${node.ms.toFixed(1)} ms, ${((100 * node.ms) / root.ms).toFixed(1)} %`,
      ),
    );
    const letters = Math.floor((width - 6) / letterPx);
    if (letters >= 4) {
      const shown = node.name.length > letters ? `${node.name.slice(0, letters - 1)}…` : node.name;
      parts.push(`<text x="${px(x + 3)}" y="${px(y + 12)}" font-size="10.5" fill="#222">${escape(shown)}</text>`);
    }
    let from = x;
    for (const child of node.children) {
      draw(child, from, row + 1, colour);
      from += child.ms * perMs;
    }
  };
  draw(root, 0, 0, '#f2c48d');
  return picture(wide, top + depthOf(root) * rowHeight + 8, parts);
}
