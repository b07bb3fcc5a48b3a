/** Strokes that can be told apart on both grounds; a judge after the seventh has a broken one. */
const light = ['#0072b2', '#c44e00', '#00825f', '#a8447f', '#8a6d00', '#5b4fc4', '#444a52'];
const dark = ['#56b4e9', '#ff9a52', '#3fd0a4', '#f09ac9', '#e3c34a', '#a99cff', '#c3c9d2'];
export const strokeColours = light.length;

const strokes = (colours: readonly string[]): string =>
  colours.map((colour, index) => `--s${index}:${colour};`).join('');

const lightGround = `--ground:#fff;--text:#1c2026;--faint:#5c6470;--rule:#d9dde3;--good:#1a7f4b;--bad:#b3261e;--stripe:#f4f6f8;${strokes(light)}`;
const darkGround = `--ground:#16181d;--text:#e4e7ec;--faint:#9aa3b0;--rule:#3a3f49;--good:#4fd08a;--bad:#ff8a80;--stripe:#1d2027;${strokes(dark)}`;

export const style = `
:root{color-scheme:light dark;${lightGround}}
@media (prefers-color-scheme:dark){:root{${darkGround}}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1200px;padding:24px 28px 60px;background:var(--ground);color:var(--text);font:15px/1.45 system-ui,"DejaVu Sans",sans-serif}
h1{font-size:26px;margin:0 0 4px}
h2{font-size:19px;margin:36px 0 8px;padding-top:8px;border-top:1px solid var(--rule)}
h3{font-size:15px;margin:18px 0 6px}
p{margin:6px 0;max-width:110ch}
.faint,figcaption,.note{color:var(--faint)}
.note{font-size:.87em}
.bad{color:var(--bad);font-weight:600}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums;margin:8px 0}
th,td{padding:3px 9px;text-align:right;border-bottom:1px solid var(--rule);white-space:nowrap}
th:first-child,td:first-child{text-align:left}
td.text,th.text{text-align:left}
thead th{vertical-align:bottom;color:var(--faint);font-weight:600;white-space:normal}
tbody tr:nth-child(even){background:var(--stripe)}
tr.group td{padding-top:9px;font-weight:600;background:var(--ground)}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:10px 0}
dt{color:var(--faint)}
dd{margin:0;overflow-wrap:anywhere}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(440px,1fr));gap:16px}
svg.plot{width:100%;height:auto}
svg text{fill:var(--text);font-size:12px}
svg .title{font-size:13px;font-weight:600}
svg .grid{stroke:var(--rule)}
svg .diagonal{stroke:var(--faint);stroke-dasharray:2 4}
svg .line{fill:none}
.legend .line{stroke-width:3}
svg .span{stroke-width:1.2}
svg .broken{stroke-dasharray:6 4}
svg .mark{fill:var(--ground);stroke-width:2;stroke-dasharray:none}
${light.map((_, index) => `svg .s${index}{stroke:var(--s${index})}`).join('\n')}
.legend{display:flex;flex-wrap:wrap;gap:2px 18px;font-size:.87em;max-width:none}
.pictures{display:grid;grid-template-columns:repeat(auto-fill,minmax(340px,1fr));gap:16px}
figure{margin:0;break-inside:avoid}
figure img{max-width:100%;height:auto;display:block;border-radius:3px}
figcaption{font-size:.87em;margin-top:3px;overflow-wrap:anywhere}
.pair{display:flex;gap:8px}
.pair>*{flex:1;min-width:0}
.none{display:grid;place-items:center;aspect-ratio:1;background:var(--stripe);color:var(--faint);font-size:13px}
.cup{display:block;width:100%;height:auto;border-radius:3px}
.cup rect{fill:none;stroke:#ff3b30;stroke-width:5}
@media print{
:root{${lightGround}}
body{font-size:11px;max-width:none;padding:0}
table{font-size:9px}
h2{break-after:avoid}
tr,svg.plot{break-inside:avoid}
.scroll{overflow:visible}
.plots{grid-template-columns:1fr 1fr}
.pictures{grid-template-columns:repeat(3,1fr)}
}
`;
