/** By design: its value less the largest of the others; −∞ for all where nothing was looked at. */
export function leads(values: ArrayLike<number>, items: number): Float32Array {
  const all = Array.from(values);
  const first = all.indexOf(Math.max(...all));
  const second = Math.max(-Infinity, ...all.filter((_, index) => index !== first));
  const most = all[first] ?? -Infinity;
  return Float32Array.from(all, (value, index) =>
    items === 0 ? -Infinity : value - (index === first ? second : most),
  );
}
