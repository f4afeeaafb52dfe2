// A drawing in the address of the page, in the scope of pad.js: strokes as bytes in the fragment, at most 400 characters.
// Each stroke is its number of points and their coordinates, of 128 steps a side. What is read is checked as any upload.
const STEPS = 127, LONGEST_LINK = 400, MOST_BYTES = Math.floor(LONGEST_LINK * 3 / 4) - 3;

// Leaves out points that lie within this distance from the line between their neighbours (Ramer 1972; Douglas and Peucker 1973).
function simplified(points, distance) {
  if (points.length < 3) return points;
  const [[ax, ay], [bx, by]] = [points[0], points.at(-1)];
  const length = Math.hypot(bx - ax, by - ay);
  let farthest = 0, at = 0;
  for (let i = 1; i < points.length - 1; i++) {
    const [x, y] = points[i];
    const away = length ? Math.abs((bx - ax) * (ay - y) - (ax - x) * (by - ay)) / length : Math.hypot(x - ax, y - ay);
    if (away > farthest) [farthest, at] = [away, i];
  }
  if (farthest <= distance) return [points[0], points.at(-1)];
  return [...simplified(points.slice(0, at + 1), distance), ...simplified(points.slice(at), distance).slice(1)];
}

function bytesOf(lines) {
  const step = (value) => Math.round(Math.min(1, Math.max(0, value / SIDE)) * STEPS);
  return lines.flatMap((points) => [points.length, ...points.flatMap(([x, y]) => [step(x), step(y)])]);
}

function encoded(lines) {
  for (let distance = 1; distance < SIDE; distance *= 1.4) {
    const bytes = bytesOf(lines.map((points) => simplified(points, distance)));
    if (bytes.length <= MOST_BYTES) {
      return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
    }
  }
  return '';
}

// Returns null for anything that is no drawing.
function decoded(text) {
  if (text.length > LONGEST_LINK || !/^[A-Za-z0-9_-]+$/.test(text)) return null;
  let bytes;
  try {
    bytes = [...atob(text.replaceAll('-', '+').replaceAll('_', '/'))].map((letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
  const lines = [];
  for (let i = 0; i < bytes.length; i += 1 + 2 * bytes[i]) {
    const values = bytes.slice(i + 1, i + 1 + 2 * bytes[i]);
    if (!bytes[i] || values.length !== 2 * bytes[i] || values.some((value) => value > STEPS)) return null;
    lines.push(Array.from({ length: bytes[i] }, (_, k) => [values[2 * k] * SIDE / STEPS, values[2 * k + 1] * SIDE / STEPS]));
  }
  return lines;
}

const around = parent.document === document ? window : parent;
const fragment = () => new URLSearchParams(around.location.hash.slice(1));

function readLink() {
  const text = fragment().get('draw');
  if (text === null) return false;
  const lines = decoded(text), name = fragment().get('class');
  if (!lines) {
    say('The drawing in this link could not be read.');
    document.dispatchEvent(new CustomEvent('lifelong:trouble', { detail: { error: 'The drawing in this link could not be read; draw a new one.' } }));
    return false;
  }
  strokes = lines;
  undone = [];
  stroke = base = null;
  redraw();
  store(picture());
  announce();
  tell(name !== null);
  if (name !== null) document.dispatchEvent(new CustomEvent('lifelong:choose', { detail: { name } }));
  return true;
}

// What the link brought is changed or gone: a reload is to bring what is on the pad now.
function forgetLink() {
  if (fragment().has('draw')) around.history.replaceState(around.history.state, '', around.location.pathname + around.location.search);
}

// Fills in what is on the pad, for the card that is shared.
document.addEventListener('lifelong:content', ({ detail }) => {
  Object.assign(detail, { picture: canvas, isBlank: empty(), link: base || empty() ? '' : encoded(strokes) });
});
canvas.addEventListener('pointerdown', forgetLink);
element.addEventListener('click', forgetLink);
document.addEventListener('lifelong:ready', () => setTimeout(readLink), { once: true });
around.addEventListener('hashchange', readLink);
