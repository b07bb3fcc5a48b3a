// Plots as SVG text: bars, stacked bars, lines. The same numbers give the same bytes.

export const colours = {
  ours: '#1a7f64',
  sharp: '#b3541e',
  opencv: '#3b6fb5',
  floor: '#8a8a8a',
  networks: '#3b6fb5',
  outside: '#b3541e',
  wait: '#d9d9d9',
  settle: '#bfbfbf',
  fsync: '#8a6fb5',
};
const font = 'font-family="DejaVu Sans, sans-serif" font-size="12"';

export const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
/** Tenths of a pixel are enough, and keep the files small. */
export const px = (value) => String(Math.round(value * 10) / 10);

export const text = (x, y, content, { anchor = 'start', fill = '#222' } = {}) =>
  `<text x="${px(x)}" y="${px(y)}" text-anchor="${anchor}" fill="${fill}">${escape(content)}</text>`;
export const rect = (x, y, width, height, fill, title = '') =>
  `<rect x="${px(x)}" y="${px(y)}" width="${px(width)}" height="${px(height)}" fill="${fill}">${title === '' ? '' : `<title>${escape(title)}</title>`}</rect>`;
const line = (x1, y1, x2, y2, stroke) =>
  `<line x1="${px(x1)}" y1="${px(y1)}" x2="${px(x2)}" y2="${px(y2)}" stroke="${stroke}"/>`;

export function picture(width, height, parts) {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${px(width)} ${px(height)}" width="${px(width)}" height="${px(height)}" ${font}>`,
    rect(0, 0, width, height, '#ffffff'),
    ...parts,
    '</svg>\n',
  ].join('\n');
}

const left = 250;
const wide = 760;
const plotWidth = wide - left - 90;
const rowHeight = 22;
const top = 34;

/** Round steps that cut `most` into about five. */
function steps(most) {
  const rough = most / 5;
  const decade = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * decade).find((one) => one >= rough);
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_, index) => index * step);
}

function legend(entries, y) {
  let x = 20;
  return entries.flatMap(([name, fill]) => {
    const parts = [rect(x, y - 10, 11, 11, fill), text(x + 16, y, name)];
    x += 34 + 7 * name.length;
    return parts;
  });
}

/** Round label: as many digits as a reader needs. */
const label = (value) => value.toFixed(value < 1 ? 3 : value < 10 ? 2 : 1);

/**
 * Horizontal bars with the span of the middle 80 %.
 * @param bars `{ name, median, low, high, colour }`
 * @param scale `log` where the values span decades: a bar then begins at a tenth of a power of ten
 */
export function bars(title, unit, list, { scale = 'linear' } = {}) {
  const most = Math.max(...list.map(({ high }) => high));
  const least = 10 ** Math.floor(Math.log10(Math.min(...list.map(({ low }) => low))));
  const decades = Math.ceil(Math.log10(most / least));
  const x = (value) =>
    left +
    plotWidth *
      (scale === 'log' ? Math.max(0, Math.log10(value / least) / decades) : value / Math.max(most, Number.MIN_VALUE));
  const ticks = scale === 'log' ? Array.from({ length: decades + 1 }, (_, power) => least * 10 ** power) : steps(most);
  const bottom = top + list.length * rowHeight;
  const parts = [text(left, 18, `${title} (${unit}${scale === 'log' ? ', logarithmic' : ''})`)];
  for (const tick of ticks)
    parts.push(
      line(x(tick), top, x(tick), bottom, '#e5e5e5'),
      text(x(tick), bottom + 16, String(Number(tick.toPrecision(3))), { anchor: 'middle' }),
    );
  for (const [index, { name, median, low, high, colour }] of list.entries()) {
    const y = top + index * rowHeight;
    parts.push(
      text(left - 8, y + 15, name, { anchor: 'end' }),
      rect(left, y + 4, x(median) - left, rowHeight - 8, colour),
      line(x(low), y + rowHeight / 2, x(high), y + rowHeight / 2, '#222'),
      text(x(high) + 6, y + 15, label(median)),
    );
  }
  return picture(wide, bottom + 26, parts);
}

/** Horizontal bars of parts. @param list `{ name, parts: [{ name, value, colour }] }` */
export function stacked(title, unit, list) {
  const totals = list.map(({ parts }) => parts.reduce((sum, { value }) => sum + value, 0));
  const most = Math.max(...totals);
  const x = (value) => left + (plotWidth * value) / most;
  const bottom = top + list.length * rowHeight;
  const drawn = [text(left, 18, `${title} (${unit})`)];
  for (const tick of steps(most))
    drawn.push(
      line(x(tick), top, x(tick), bottom, '#e5e5e5'),
      text(x(tick), bottom + 16, String(tick), { anchor: 'middle' }),
    );
  for (const [index, { name, parts }] of list.entries()) {
    const y = top + index * rowHeight;
    drawn.push(text(left - 8, y + 15, name, { anchor: 'end' }));
    let from = 0;
    for (const part of parts) {
      drawn.push(
        rect(
          x(from),
          y + 4,
          x(from + part.value) - x(from),
          rowHeight - 8,
          part.colour,
          `${part.name} ${label(part.value)} ${unit}`,
        ),
      );
      from += part.value;
    }
    drawn.push(text(x(from) + 6, y + 15, label(totals[index])));
  }
  const entries = new Map(list.flatMap(({ parts }) => parts.map(({ name, colour }) => [name, colour])));
  return picture(wide, bottom + 46, [...drawn, ...legend([...entries], bottom + 38)]);
}

/** Share of the cups that are done by a time. @param list `{ name, quantiles, colour }`, quantiles at equal shares */
export function shares(title, unit, list) {
  const most = Math.max(...list.map(({ quantiles }) => quantiles.at(-1)));
  const height = 260;
  const x = (value) => left + (plotWidth * value) / most;
  const y = (share) => top + height * (1 - share);
  const parts = [text(left, 18, `${title} (${unit})`)];
  for (const tick of steps(most))
    parts.push(
      line(x(tick), top, x(tick), top + height, '#e5e5e5'),
      text(x(tick), top + height + 16, String(tick), { anchor: 'middle' }),
    );
  for (const share of [0, 0.5, 0.95, 1])
    parts.push(
      line(left, y(share), left + plotWidth, y(share), '#e5e5e5'),
      text(left - 8, y(share) + 4, `${share * 100} % of the cups`, { anchor: 'end' }),
    );
  for (const { quantiles, colour } of list) {
    const points = quantiles.map((value, index) => `${px(x(value))},${px(y(index / (quantiles.length - 1)))}`);
    parts.push(`<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`);
  }
  const entries = list.map(({ name, colour }) => [name, colour]);
  return picture(wide, top + height + 46, [...parts, ...legend(entries, top + height + 38)]);
}
