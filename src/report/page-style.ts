import { INK } from './palette.ts';

/** Inks of charts in dark mode; colours of data stay as they are. */
const DARK_INK = { text: '#ECECEC', muted: '#B5B5B5', grid: '#3A3D42', axis: '#8C9096', shade: '#6F7378', paper: '#17191C' } as const;

/** The style sheet of the page: light and dark by the reader's preference, always light on paper. */
export function pageStyle(): string {
  const dark = (Object.keys(INK) as (keyof typeof INK)[]).map((ink) => `.chart [fill="${INK[ink]}"]{fill:${DARK_INK[ink]}}.chart [stroke="${INK[ink]}"]{stroke:${DARK_INK[ink]}}`).join('');
  return `:root{color-scheme:light dark;--text:#1c1c1c;--muted:#555;--line:#d5d5d5;--paper:#fff;--box:#f5f6f7;--link:#0b5cad;--mark:#e7f2ea}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--text);font:16px/1.5 Inter,system-ui,sans-serif}
main{max-width:62rem;margin:0 auto;padding:1.5rem 1.25rem 4rem}
h1{font-size:1.7rem;line-height:1.25;margin:.2rem 0 1rem}
h2{font-size:1.25rem;margin:2.5rem 0 .75rem;border-top:1px solid var(--line);padding-top:1.25rem}
h3{font-size:1rem;margin:1.5rem 0 .5rem}
p,li{max-width:46rem}
a{color:var(--link)}
a:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;left:-100rem}.skip:focus{left:1rem;top:1rem;background:var(--paper);padding:.5rem}
.kicker,figcaption,.note{color:var(--muted);font-size:.875rem}
.kicker{margin:0}
.answer{font-size:1.15rem;margin:.25rem 0}
.scroll{overflow-x:auto;margin:.75rem 0}
table{border-collapse:collapse;font-size:.875rem;font-variant-numeric:tabular-nums}
caption{text-align:left;color:var(--muted);padding-bottom:.25rem}
th,td{padding:.3rem .55rem;border-bottom:1px solid var(--line);text-align:right;vertical-align:top;white-space:nowrap}
th{font-weight:600}
th[scope=row],th:first-child,td.text,th.text{text-align:left}
td.text{white-space:normal;min-width:12rem}
.best{background:var(--mark);font-weight:600;padding:.1rem .3rem;border-radius:.2rem}
figure{margin:1.75rem 0}
.chart svg{display:block;width:100%;height:auto;max-width:56rem}
details{margin:.35rem 0}
summary{cursor:pointer;color:var(--link);font-size:.875rem;width:fit-content}
.setting>summary{margin-top:1.25rem}.setting>summary h2{display:inline;border:0;margin:0;padding:0}
.box{background:var(--box);border-left:4px solid #E69F00;padding:.25rem 1.25rem .75rem;margin-top:2.5rem}
.box h2{border:0;margin-top:.5rem;padding-top:.5rem}
pre,code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.85em}
pre{background:var(--box);padding:.75rem 1rem;overflow-x:auto;white-space:pre-wrap;overflow-wrap:anywhere}
td code{overflow-wrap:anywhere;white-space:normal}
@media screen and (prefers-color-scheme:dark){:root{--text:#ececec;--muted:#b5b5b5;--line:#3a3d42;--paper:#17191c;--box:#212429;--link:#7fb8ff;--mark:#1d3a2a}${dark}}
@media print{:root{color-scheme:light}body{font-size:10pt}main{max-width:none;padding:0}.skip,figure details{display:none}figure,.box,table{break-inside:avoid}h2{break-after:avoid}.scroll{overflow:visible}th,td{padding:.1rem .25rem}table{font-size:8pt}a{color:inherit}}
`;
}
