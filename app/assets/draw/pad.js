// The drawing pad: strokes are stored as points, so that undo is exact and any screen is sharp.
// Its value is { image: a PNG as a data URL, unfinished: whether the pen is down }.
// Gradio hands in element, trigger, props, watch.
const SIDE = lifelongPad.side, SENT = 280, LARGEST = 5e6, STEP = 14;
const canvas = element.querySelector('canvas'), ink = canvas.getContext('2d');
const ghost = element.querySelector('.ghost'), picker = element.querySelector('input[type=file]');
const voice = element.querySelector('.voice');
const small = Object.assign(document.createElement('canvas'), { width: SENT, height: SENT });
let strokes = [], undone = [], stroke = null, base = null, timer = null, unsent = false, pen = null, shown = '';
// Drawings and photographs are kept apart: a network for one of them leaves the other as it is.
let photo = props.photo;
const kept = {};

const empty = () => !strokes.length && !base;
const say = (words) => { voice.textContent = words; };
const key = () => `lifelong.pad.${photo ? 'photo' : 'digit'}`;

function redraw() {
  ink.fillStyle = '#000';
  ink.fillRect(0, 0, SIDE, SIDE);
  if (base) ink.drawImage(base, 0, 0, SIDE, SIDE);
  for (const points of strokes) lifelongPad.trace(ink, points);
  ghost.hidden = !empty();
  element.querySelector('.eye').hidden = !empty();
  // Not `disabled`: a button that was just pressed by keyboard would lose the focus.
  for (const [act, off] of [['undo', empty()], ['clear', empty()], ['redo', !undone.length]]) {
    element.querySelector(`[data-act=${act}]`).setAttribute('aria-disabled', off);
  }
  if (!pen || stroke) return;
  ink.fillStyle = '#facc15';
  ink.beginPath();
  ink.arc(pen[0], pen[1], 9, 0, 7);
  ink.fill();
}

function picture() {
  if (empty()) return '';
  const marked = pen;
  pen = null;
  redraw();
  small.getContext('2d').drawImage(canvas, 0, 0, SENT, SENT);
  pen = marked;
  if (pen) redraw();
  return small.toDataURL('image/png');
}

// The choice of class has to know first: one that was made for the drawing before does not hold for the next.
function announce() {
  document.dispatchEvent(new CustomEvent('lifelong:pad', { detail: { blank: empty() } }));
}

function store(image) {
  shown = image;
  props.value = { image, unfinished: stroke !== null };
  sessionStorage.setItem(key(), image);
}

function tell(quiet = false) {
  document.dispatchEvent(new CustomEvent('lifelong:input', { detail: { pad: props.value, quiet } }));
}

function send() {
  clearTimeout(timer);
  timer = null;
  unsent = false;
  store(picture());
  announce();
  tell();
}

function sendSoon() {
  unsent = true;
  timer ??= setTimeout(() => { timer = null; if (unsent) send(); }, props.throttle);
}

function begin(point) {
  stroke = [point];
  strokes.push(stroke);
  undone = [];
  redraw();
  say('Pen down');
  sendSoon();
}

function end() {
  if (!stroke) return;
  stroke = null;
  redraw();
  say('Pen up');
  send();
}

canvas.addEventListener('pointerdown', (event) => {
  if (event.button || !event.isPrimary) return;
  event.preventDefault();
  canvas.focus({ preventScroll: true });
  canvas.setPointerCapture(event.pointerId);
  pen = null;
  begin(lifelongPad.at(canvas, event));
});
canvas.addEventListener('pointermove', (event) => {
  if (!stroke || !event.isPrimary || pen) return;
  const fine = event.getCoalescedEvents?.() ?? [];
  for (const each of fine.length ? fine : [event]) stroke.push(lifelongPad.at(canvas, each));
  redraw();
  sendSoon();
});
canvas.addEventListener('pointerup', end);
canvas.addEventListener('pointercancel', end);

// What was undone or cleared can be taken up again, one step at a time; a new stroke forgets it.
function undo() {
  if (empty()) return;
  if (strokes.length) undone.push({ stroke: strokes.pop() });
  else { undone.push({ base }); base = null; }
  changed('Undone');
}

function redo() {
  const step = undone.pop();
  if (!step) return;
  if (step.all) ({ strokes, base } = step.all);
  else if (step.stroke) strokes.push(step.stroke);
  else base = step.base;
  changed('Redone');
}

function clear() {
  if (empty()) return;
  undone = [{ all: { strokes, base } }];
  strokes = [];
  base = null;
  changed('Cleared');
}

function changed(words) {
  stroke = null;
  redraw();
  say(words);
  send();
}

const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function movePen([x, y]) {
  const inside = (value) => Math.min(SIDE, Math.max(0, value));
  pen ??= [SIDE / 2, SIDE / 4];
  pen = [inside(pen[0] + x * STEP), inside(pen[1] + y * STEP)];
  if (stroke) { stroke.push(pen); sendSoon(); }
  redraw();
}

canvas.addEventListener('keydown', (event) => {
  const control = event.ctrlKey || event.metaKey, letter = event.key.toLowerCase();
  if (control && (letter === 'y' || letter === 'z' && event.shiftKey)) redo();
  else if (control && letter === 'z') undo();
  else if (control || event.altKey) return;
  else if (['Delete', 'Backspace', 'Escape'].includes(event.key)) clear();
  else if (MOVES[event.key]) movePen(MOVES[event.key]);
  else if (event.key === ' ' && stroke) end();
  else if (event.key === ' ') { movePen([0, 0]); begin(pen); }
  else return;
  event.preventDefault();
});
canvas.addEventListener('blur', () => { end(); pen = null; redraw(); });

element.addEventListener('click', (event) => {
  const action = event.target.closest('[data-act]')?.dataset.act;
  ({ undo, redo, clear, upload: () => picker.click() })[action]?.();
});

function load(image) {
  strokes = [];
  undone = [];
  stroke = base = null;
  store(image);
  if (!image.startsWith('data:image/png;base64,')) return redraw();
  const picture = new Image();
  picture.onload = () => { base = picture; redraw(); };
  picture.src = image;
}

// A network of the other kind was chosen: what is on the pad waits for its like.
document.addEventListener('lifelong:kind', ({ detail }) => {
  if (detail.photo === photo) return;
  kept[photo] = { strokes, undone, base };
  photo = detail.photo;
  ({ strokes, undone, base } = kept[photo] ?? { strokes: [], undone: [], base: null });
  stroke = null;
  redraw();
  store(picture());
  tell(true);
  announce();
});

document.addEventListener('lifelong:answer', ({ detail }) => {
  const waiting = kept[!photo], note = ghost.querySelector('small');
  ghost.querySelector('b').textContent = detail.prompt.name;
  ghost.querySelector('span').textContent = detail.prompt.text;
  note.textContent = props.kept[photo ? 'photo' : 'digit'];
  note.hidden = !(waiting && (waiting.strokes.length || waiting.base));
});
// A digit that the server puts on the pad is answered like one that is drawn, once its class has been handed over, too.
watch('value', () => {
  const image = props.value?.image ?? '';
  // A file that was refused leaves the pad as it is.
  if (props.value?.problem) { complain(props.value.problem); return store(shown); }
  if (image === shown) return;
  load(image);
  announce();
  setTimeout(tell);
});
redraw();
const stored = sessionStorage.getItem(key());
if (stored && !lifelongPad.strokes.length) load(stored);
// The page takes no value while its components are being mounted; strokes of that time are sent now.
document.addEventListener('lifelong:ready', () => {
  if (lifelongPad.strokes.length) {  // drawn before this pad was there
    strokes = [...lifelongPad.strokes];
    base = null;
    redraw();
  }
  if (empty() || stroke) return;
  store(stored && !strokes.length ? stored : picture());
  announce();
  tell();
}, { once: true });
