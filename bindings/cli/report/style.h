// The style sheet of the page: no fonts, scripts or pictures from elsewhere.
#ifndef CASTALIA_BINDINGS_CLI_REPORT_STYLE_H_
#define CASTALIA_BINDINGS_CLI_REPORT_STYLE_H_

namespace castalia_cli::report {

// Colours of the three verdicts differ in lightness, too, and never stand without their words. On
// a dark page the same names have other colours; printed, it is light.
inline constexpr const char* kStyle = R"css(
:root { color-scheme: light dark;
  --ink: #1f2a37; --soft: #5b6776; --line: #dde3ea; --page: #fafaf7; --card: #ffffff;
  --area: #d5dce4; --reference: #6b7a8c; --generated: #c2410c; --band: #c3ccd6;
  --good: #146c43; --good-back: #dff3e8; --hint: #7a5200; --hint-back: #fdf0cf;
  --bad: #a3161f; --bad-back: #fbe3e4; --none: #5b6776; --none-back: #edf0f3; }
@media screen and (prefers-color-scheme: dark) { :root {
  --ink: #e3e8ee; --soft: #9aa7b6; --line: #333d49; --page: #12171d; --card: #1a2129;
  --area: #33404f; --reference: #8b9bae; --generated: #ff9157; --band: #3d4b5b;
  --good: #7fdcaa; --good-back: #123626; --hint: #f4cf7a; --hint-back: #3b2e0d;
  --bad: #ff9d9d; --bad-back: #451c1f; --none: #9aa7b6; --none-back: #28313b; } }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: var(--page);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", "DejaVu Sans",
    sans-serif; }
main { max-width: 1440px; margin: 0 auto; padding: 36px 28px 64px; }
h1 { font-weight: 600; font-size: 30px; line-height: 1.2; margin: 0 0 16px; letter-spacing: -.01em;
  overflow-wrap: anywhere; }
h2 { font-weight: 600; font-size: 21px; margin: 44px 0 6px; }
h3 { font-weight: 600; font-size: 15px; margin: 0; overflow-wrap: anywhere; }
p { max-width: 56em; margin: 6px 0 12px; overflow-wrap: anywhere; }
a { color: inherit; text-underline-offset: 2px; text-decoration-color: var(--soft); }
code, pre { font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono",
  monospace; }
pre { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 12px 16px; white-space: pre-wrap; overflow-wrap: anywhere; margin: 8px 0 16px; }
.soft { color: var(--soft); }
.verdict { border-left: 6px solid; border-radius: 6px; padding: 14px 20px; margin: 0 0 18px;
  max-width: 62em; }
.verdict b { display: block; font-size: 22px; line-height: 1.3; font-weight: 600; }
.verdict p { margin: 4px 0 0; color: var(--ink); }
.good { color: var(--good); background: var(--good-back); }
.hint { color: var(--hint); background: var(--hint-back); }
.bad { color: var(--bad); background: var(--bad-back); }
.none { color: var(--none); background: var(--none-back); }
.badge { display: inline-block; border-radius: 10px; padding: 1px 10px; font-size: 13px;
  white-space: nowrap; font-weight: 500; }
.scroll { overflow-x: auto; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; margin: 10px 0; width: fit-content; max-width: 100%; }
table { border-collapse: collapse; font-size: 14px; }
th, td { padding: 5px 14px; text-align: right; border-bottom: 1px solid var(--line);
  font-variant-numeric: tabular-nums; white-space: nowrap; }
tr:last-child > * { border-bottom: none; }
th { font-weight: 500; color: var(--soft); }
thead th { font-size: 13px; vertical-align: bottom; }
tbody th { color: var(--ink); }
tbody th.minor { padding-left: 30px; font-weight: 400; color: var(--soft); }
.text { text-align: left; }
td.wrap { white-space: normal; text-align: left; max-width: 46em; overflow-wrap: anywhere; }
.plots { display: grid; gap: 16px; margin: 12px 0;
  grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); }
.images { grid-template-columns: repeat(auto-fill, minmax(min(100%, 600px), 1fr)); }
figure { margin: 0; background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 12px 14px; min-width: 0; break-inside: avoid; scroll-margin-top: 12px; }
figure:target { outline: 2px solid var(--generated); }
.head { display: flex; justify-content: space-between; align-items: baseline; gap: 10px; }
figure p { font-size: 13px; line-height: 1.45; margin: 2px 0; color: var(--soft); }
figure p.numbers { color: var(--ink); font-variant-numeric: tabular-nums; }
table.small { width: 100%; margin: 4px 0 6px; font-size: 13px; }
.small th, .small td { padding: 2px 6px; font-size: 13px; }
.small th:first-child { padding-left: 0; } .small td:last-child { padding-right: 0; }
svg { display: block; width: 100%; height: auto; margin: 6px 0; }
svg text { fill: var(--ink); font-size: 12px; }
svg .tick { font-size: 11px; fill: var(--soft); }
svg :where(path:not(.cell), rect) { fill: none; }
svg .frame { stroke: var(--soft); stroke-width: .8; }
svg .axis { stroke: var(--soft); stroke-width: .8; }
svg .area { fill: var(--area); }
svg .reference { stroke: var(--reference); stroke-width: 1.2; }
svg .generated { stroke: var(--generated); stroke-width: 1.1; }
svg .dots { stroke: var(--generated); stroke-width: 4.2; stroke-linecap: round; }
svg .outside { fill: var(--generated); }
svg .band { fill: var(--band); }
svg .unity { stroke: var(--reference); stroke-width: 1; }
svg .pull { fill: var(--reference); }
svg .great-pull { fill: var(--generated); }
svg .empty { fill: var(--none-back); }
svg .cell { shape-rendering: crispEdges; }
@media print { main { max-width: none; padding: 0; } .plots { grid-template-columns: 1fr 1fr; } }
)css";

}  // namespace castalia_cli::report

#endif  // CASTALIA_BINDINGS_CLI_REPORT_STYLE_H_
