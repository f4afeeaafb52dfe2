// Hands on which line was chosen: by its button in the legend, or by a click on it in a chart. A chart is drawn in SVG, each
// mark of it with its row of data. Streamlit hands in the data { lines: titles that can be chosen } and the trigger.
const ROOMS = '.st-key-curves_room, .st-key-memory_room, .st-key-seconds_room';
const REACH = 22, BESIDE = [0, -6, 6];  // pixels: from a point; beside a line

const lineOf = (mark) => mark.__data__?.datum?.line;

// The nearest point, else a line that passes here.
function lineAt(room, x, y) {
  let nearest = REACH, found = null;
  for (const mark of room.querySelectorAll('.mark-symbol path')) {
    const box = mark.getBoundingClientRect(), line = lineOf(mark);
    const away = Math.hypot(box.x + box.width / 2 - x, box.y + box.height / 2 - y);
    if (line && away < nearest) [nearest, found] = [away, line];
  }
  if (found) return found;
  for (const mark of room.querySelectorAll('.mark-line path')) {
    const toMark = mark.getScreenCTM()?.inverse();
    const passes = toMark && BESIDE.some((away) => mark.isPointInStroke(new DOMPoint(x, y + away).matrixTransform(toMark)));
    if (passes && lineOf(mark)) return lineOf(mark);
  }
  return null;
}

// The legend is made anew, and its buttons with it: the keyboard stays where it was.
function keepFocus(button) {
  const seen = new MutationObserver(() => {
    const again = [...document.querySelectorAll('.legend [data-line]')].find((each) => each.dataset.line === button.dataset.line);
    if (!again || again === button) return;
    seen.disconnect();
    again.focus({ preventScroll: true });
  });
  seen.observe(document.body, { childList: true, subtree: true });
  setTimeout(() => seen.disconnect(), 5000);
}

export default ({ data, setTriggerValue }) => {
  const onClick = (event) => {
    const button = event.target.closest('.legend [data-line]'), room = event.target.closest(ROOMS);
    const line = button ? button.dataset.line : room && lineAt(room, event.clientX, event.clientY);
    if (!data.lines.includes(line)) return;
    if (button) keepFocus(button);
    setTriggerValue('line', line);
  };
  document.addEventListener('click', onClick);
  return () => document.removeEventListener('click', onClick);
};
