// The drawing pad: strokes are stored as points, so that undo is exact and any screen is sharp.
// Gradio hands in element, trigger, props, watch.
const SIDE = 560, SENT = 280, LARGEST = 5e6, STEP = 14;
const canvas = element.querySelector('canvas'), ink = canvas.getContext('2d');
const ghost = element.querySelector('.ghost'), picker = element.querySelector('input[type=file]');
const small = Object.assign(document.createElement('canvas'), { width: SENT, height: SENT });
let strokes = [], stroke = null, base = null, timer = null, unsent = false, pen = null, shown = '';

const empty = () => !strokes.length && !base;

function redraw() {
  ink.fillStyle = '#000';
  ink.fillRect(0, 0, SIDE, SIDE);
  if (base) ink.drawImage(base, 0, 0, SIDE, SIDE);
  ink.strokeStyle = ink.fillStyle = '#fff';
  ink.lineWidth = props.brush;
  ink.lineCap = ink.lineJoin = 'round';
  for (const points of strokes) trace(points);
  ghost.hidden = !empty();
  if (!pen || stroke) return;
  ink.fillStyle = '#facc15';
  ink.beginPath();
  ink.arc(pen[0], pen[1], 9, 0, 7);
  ink.fill();
}

// Through the midpoints of neighbouring points, so that a fast hand leaves a curve and not a polygon.
function trace(points) {
  ink.beginPath();
  if (points.length === 1) {
    ink.arc(points[0][0], points[0][1], props.brush / 2, 0, 7);
    return ink.fill();
  }
  ink.moveTo(...points[0]);
  for (let i = 1; i < points.length - 1; i++) {
    const [x, y] = points[i], [u, v] = points[i + 1];
    ink.quadraticCurveTo(x, y, (x + u) / 2, (y + v) / 2);
  }
  ink.lineTo(...points.at(-1));
  ink.stroke();
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

function send() {
  clearTimeout(timer);
  timer = null;
  unsent = false;
  shown = props.value = picture();
  sessionStorage.setItem('lifelong.pad', shown);
  trigger('input');
}

function sendSoon() {
  unsent = true;
  timer ??= setTimeout(() => { timer = null; if (unsent) send(); }, props.throttle);
}

function at(event) {
  const box = canvas.getBoundingClientRect();
  return [(event.clientX - box.left) * SIDE / box.width, (event.clientY - box.top) * SIDE / box.height];
}

function begin(point) {
  stroke = [point];
  strokes.push(stroke);
  redraw();
  sendSoon();
}

function end() {
  if (!stroke) return;
  stroke = null;
  redraw();
  send();
}

canvas.addEventListener('pointerdown', (event) => {
  if (event.button || !event.isPrimary) return;
  event.preventDefault();
  canvas.focus({ preventScroll: true });
  canvas.setPointerCapture(event.pointerId);
  pen = null;
  begin(at(event));
});
canvas.addEventListener('pointermove', (event) => {
  if (!stroke || !event.isPrimary || pen) return;
  const fine = event.getCoalescedEvents?.() ?? [];
  for (const each of fine.length ? fine : [event]) stroke.push(at(each));
  redraw();
  sendSoon();
});
canvas.addEventListener('pointerup', end);
canvas.addEventListener('pointercancel', end);

function undo() {
  if (strokes.length) strokes.pop(); else base = null;
  stroke = null;
  redraw();
  send();
}

function clear() {
  strokes = [];
  stroke = base = null;
  redraw();
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
  const undoing = (event.ctrlKey || event.metaKey) && event.key === 'z';
  if (undoing) undo();
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
  if (action === 'undo') undo();
  if (action === 'clear') clear();
  if (action === 'upload') picker.click();
});

// The file goes to the server as it is and is judged there, and nowhere else.
function upload(file) {
  if (!file) return;
  if (file.size > LARGEST) return trigger('upload', { refused: 'size' });
  const reader = new FileReader();
  reader.onload = () => trigger('upload', { content: reader.result });
  reader.readAsDataURL(file);
}

picker.addEventListener('change', () => { upload(picker.files[0]); picker.value = ''; });
element.addEventListener('dragover', (event) => event.preventDefault());
element.addEventListener('drop', (event) => { event.preventDefault(); upload(event.dataTransfer.files[0]); });
document.addEventListener('paste', (event) => upload([...event.clipboardData.files][0]));

function load(value) {
  if (value === shown) return;
  shown = value;
  strokes = [];
  stroke = base = null;
  sessionStorage.setItem('lifelong.pad', value);
  if (!value.startsWith('data:image/png;base64,')) return redraw();
  const image = new Image();
  image.onload = () => { base = image; redraw(); };
  image.src = value;
}

function prompt({ true_class, photo }) {
  const named = `${/^[8aeiou]/.test(true_class) ? 'an' : 'a'} ${true_class}`;
  ghost.querySelector('b').textContent = photo ? '' : true_class;
  ghost.querySelector('span').textContent = photo ? `Upload or drop a photo of ${named}` : `Draw ${named}`;
}

document.addEventListener('lifelong:truth', (event) => prompt(event.detail));
// The first one comes when all components are mounted: what was drawn before that did not reach the server.
document.addEventListener('lifelong:truth', () => { if (!empty() && !stroke) send(); }, { once: true });
// A digit that the server puts on the pad is answered like one that is drawn, once its class has been handed over, too.
watch('value', () => { load(props.value ?? ''); if (shown) setTimeout(() => trigger('input')); });
prompt(props.prompt);
redraw();
const stored = sessionStorage.getItem('lifelong.pad');
if (stored) {
  load(stored);
  setTimeout(() => { props.value = stored; trigger('input'); });  // the page takes no value while its components are being mounted
}
