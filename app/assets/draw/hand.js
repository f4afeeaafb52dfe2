// The ghost hand, in the scope of pad.js: where nobody does anything for a while it writes the digit that the pad asks
// for, once, and the cards answer. Any input ends it, and nothing of it is stored.
const IDLE = 4000, WRITING = 1600, REST = 3200, PAUSE = 150;  // ms
let hand = null, handDone = matchMedia('(prefers-reduced-motion: reduce)').matches;

const wanted = () => ghost.querySelector('b').textContent;
// Also the page around the frame: who scrolls or clicks there is not waiting to be shown something.
const documents = parent.document === document ? [document] : [document, parent.document];

function waitForNobody() {
  clearTimeout(hand);
  if (!handDone) hand = setTimeout(write, IDLE);
}

function tellOf(image) {
  const choice = { name: image ? wanted() : '', origin: image ? 'example' : '', run: '' };
  document.dispatchEvent(new CustomEvent('lifelong:input', { detail: { pad: { image, unfinished: false }, choice } }));
}

function begun(figure, share) {
  let left = Math.ceil(share * figure.flat().length);
  const found = [];
  for (const points of figure) {
    if (left > 0) found.push(points.slice(0, left).map(([x, y]) => [x * SIDE, y * SIDE]));
    left -= points.length;
  }
  return found;
}

function write() {
  const figure = props.figures[wanted()];
  if (!figure || !empty() || document.hidden) return waitForNobody();
  handDone = true;
  const start = performance.now();
  let asked = 0;
  const step = (now) => {
    const share = Math.min(1, (now - start) / WRITING);
    strokes = begun(figure, share);
    pen = share < 1 ? strokes.at(-1)?.at(-1) ?? null : null;
    redraw();
    if (strokes.length && (now - asked > PAUSE || share === 1)) { asked = now; tellOf(picture()); }
    hand = share < 1 ? requestAnimationFrame(step) : setTimeout(stopWriting, REST);
  };
  hand = requestAnimationFrame(step);
  element.dataset.writing = 'yes';
}

function stopWriting() {
  if (!element.dataset.writing) return;
  cancelAnimationFrame(hand);
  clearTimeout(hand);
  delete element.dataset.writing;
  strokes = [];
  pen = null;
  redraw();
  tellOf('');
  document.dispatchEvent(new CustomEvent('lifelong:shown'));
}

for (const each of documents) {
  for (const kind of ['pointerdown', 'keydown', 'wheel', 'touchstart']) {
    each.addEventListener(kind, () => { stopWriting(); waitForNobody(); }, { capture: true, passive: true });
  }
}
document.addEventListener('lifelong:ready', waitForNobody, { once: true });
