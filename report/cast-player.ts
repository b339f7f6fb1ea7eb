import { paced, type Screen } from './asciicast';
import { element } from './html';
import { escapeXml } from './xml';

/**
 * A terminal that plays, for pages. Without a script it shows everything that was written; foreign words only ever
 * become text of a node.
 */
export function castFigure(screen: Screen): string[] {
  const lines = paced(screen);
  const end = lines.at(-1)?.at ?? 0;
  const data = JSON.stringify(lines).replaceAll('<', '\\u003c');
  return [
    '<figure class="cast">',
    element('figcaption', '', screen.title),
    `<pre>${escapeXml(lines.map(({ text }) => text).join('\n'))}</pre>`,
    '<div class="controls" hidden>',
    '<button type="button">play</button>',
    `<input type="range" min="0" max="${end}" step="0.1" value="${end}" aria-label="position">`,
    '<select aria-label="speed"><option value="0.5">½×</option><option value="1" selected>1×</option><option value="2">2×</option><option value="4">4×</option></select>',
    '</div>',
    `<script type="application/json">${data}</script>`,
    '</figure>',
  ];
}

/** Plays every figure of the page. No inner HTML, no addresses. */
export const castScript = `
for (const figure of document.querySelectorAll('figure.cast')) {
  const lines = JSON.parse(figure.querySelector('script').textContent);
  const [screen, controls, button, range, speed] =
    ['pre', '.controls', 'button', 'input', 'select'].map((it) => figure.querySelector(it));
  const end = Number(range.max);
  let now = end;
  let timer = 0;
  const show = () => {
    screen.textContent = lines.filter((it) => it.at <= now).map((it) => it.text).join('\\n');
    screen.scrollTop = screen.scrollHeight;
    range.value = String(now);
  };
  const stop = () => { clearInterval(timer); timer = 0; button.textContent = 'play'; };
  const tick = () => { now = Math.min(end, now + 0.1 * Number(speed.value)); show(); if (now >= end) stop(); };
  button.addEventListener('click', () => {
    if (timer !== 0) return stop();
    if (now >= end) now = 0;
    button.textContent = 'pause';
    timer = setInterval(tick, 100);
    show();
  });
  range.addEventListener('input', () => { now = Number(range.value); show(); });
  screen.style.minHeight = screen.offsetHeight + 'px';
  controls.hidden = false;
}
`;
