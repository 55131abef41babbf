"""Style sheet and script of the page, inside the page: it asks nothing of any server."""

CSS = """
:root { color-scheme: light; --ink:#17202b; --muted:#5c6876; --rule:#d8dee6; --pass:#17744a;
  --fail:#b3261e; --spoken:#1b62ab; --heard:#c4520f; --wash:#f5f7f9; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: #fff; color: var(--ink); line-height: 1.5; font-size: 16px;
  font-family: FONTS; font-variant-numeric: tabular-nums; }
main { max-width: 1160px; margin: 0 auto; padding: 40px 28px 72px; }
header { display: flex; flex-wrap: wrap; gap: 6px 28px; align-items: baseline;
  justify-content: space-between; }
h1 { font-size: 19px; font-weight: 600; margin: 0; }
.facts { color: var(--muted); margin: 0; }
.verdict { margin: 20px 0 24px; padding: 18px 22px; border-left: 6px solid; border-radius: 4px; }
.verdict.pass { border-color: var(--pass); background: #eef7f2; }
.verdict.fail { border-color: var(--fail); background: #fcf0ef; }
.verdict p { margin: 0; font-size: 26px; font-weight: 650; line-height: 1.25;
  letter-spacing: -0.01em; }
.verdict.pass p { color: var(--pass); } .verdict.fail p { color: var(--fail); }
.verdict ul { margin: 10px 0 0; padding-left: 22px; }
.tiles { display: grid; gap: 12px; grid-template-columns: repeat(4, 1fr);
  margin: 0; padding: 0; list-style: none; }
.tile { border: 1px solid var(--rule); border-radius: 8px; padding: 14px 16px 12px; }
.tile.bad { border-color: var(--fail); background: #fcf0ef; }
.tile .label { color: var(--muted); font-size: 14px; }
.tile .value { font-size: 32px; font-weight: 650; letter-spacing: -0.02em; line-height: 1.25;
  white-space: nowrap; }
.tile .value small { font-size: 15px; font-weight: 500; color: var(--muted); letter-spacing: 0;
  margin-left: 5px; }
.tile.bad .value { color: var(--fail); }
.tile .limit { font-size: 13.5px; color: var(--muted); }
.tile .mark { font-weight: 700; margin-right: 4px; }
.tile.good .mark { color: var(--pass); } .tile.bad .mark { color: var(--fail); }
section { margin-top: 46px; }
h2 { font-size: 21px; font-weight: 650; letter-spacing: -0.01em; margin: 0 0 2px; }
.lead { color: var(--muted); margin: 0 0 14px; max-width: 100ch; }
figure { margin: 0; position: relative; overflow-x: auto; }
figure img { display: block; width: 100%; min-width: 640px; height: auto; }
.head { position: absolute; top: 0; bottom: 0; width: 0; border-left: 1.5px solid var(--ink);
  pointer-events: none; display: none; }
.players { display: grid; grid-template-columns: 1fr 1fr; gap: 14px 24px; margin: 0 0 16px; }
.player label { display: block; font-weight: 600; margin-bottom: 4px; }
.player.spoken label { color: var(--spoken); } .player.heard label { color: var(--heard); }
.player label span { color: var(--muted); font-weight: 400; }
audio { width: 100%; height: 40px; display: block; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14.5px; }
th, td { text-align: left; padding: 7px 16px 7px 0; border-bottom: 1px solid var(--rule);
  vertical-align: top; }
thead th { color: var(--muted); font-weight: 500; font-size: 13.5px; }
tbody th { font-weight: 600; white-space: nowrap; }
.pairs { margin-top: 14px; } .pairs th { width: 300px; }
td.short { white-space: nowrap; }
td.num { text-align: right; white-space: nowrap; }
code { font: 13px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  overflow-wrap: anywhere; }
footer { margin-top: 52px; padding-top: 14px; border-top: 1px solid var(--rule);
  color: var(--muted); font-size: 14px; }
footer ul { padding-left: 20px; margin: 6px 0; }
@media (max-width: 860px) { .tiles { grid-template-columns: repeat(2, 1fr); } }
@media (max-width: 700px) { .pairs th { width: auto; } main { padding: 24px 16px 48px; }
  .players { grid-template-columns: 1fr; } .verdict p { font-size: 22px; }
  .tile .value { font-size: 25px; } .tile .value small { font-size: 13px; } }
@media print { @page { margin: 14mm; } body { font-size: 10pt; }
  main { padding: 0; max-width: none; } .players, .head { display: none; }
  section { margin-top: 22px; }
  section, figure, .tile, tr, .verdict { break-inside: avoid; }
  section.long { break-inside: auto; } h2, .lead { break-after: avoid; }
  figure img { min-width: 0; } table { font-size: 9pt; } code { font-size: 7pt; }
  .tiles { grid-template-columns: repeat(4, 1fr); } .tile .value { font-size: 20pt; }
  .verdict p { font-size: 17pt; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
"""

# A line across the pictures follows the player; a click in a picture moves the player there.
SCRIPT = """
(() => {
  const players = [...document.querySelectorAll('audio')];
  const pictures = [...document.querySelectorAll('figure[data-axis]')].map(box => {
    const [left, right, first, last] = box.dataset.axis.split(' ').map(Number);
    return {box, left, right, first, last, head: box.querySelector('.head'),
            image: box.querySelector('img')};
  });
  let current = players[players.length - 1];
  const show = () => {
    for (const p of pictures) {
      const share = (current.currentTime - p.first) / (p.last - p.first);
      p.head.style.display = share >= 0 && share <= 1 ? 'block' : 'none';
      p.head.style.left = (p.left + share * (p.right - p.left)) * p.image.clientWidth + 'px';
    }
    if (!current.paused) requestAnimationFrame(show);
  };
  for (const player of players) {
    player.addEventListener('play', () => {
      for (const other of players) if (other !== player) other.pause();
      current = player;
      show();
    });
    player.addEventListener('seeked', () => { current = player; show(); });
  }
  for (const p of pictures) {
    p.image.style.cursor = 'pointer';
    p.image.title = 'Click to hear from here';
    p.image.addEventListener('click', event => {
      const share = (event.offsetX / p.image.clientWidth - p.left) / (p.right - p.left);
      const moment = p.first + Math.min(Math.max(share, 0), 1) * (p.last - p.first);
      for (const player of players) player.currentTime = moment;
      if (current.paused) current.play();
    });
  }
})();
"""
