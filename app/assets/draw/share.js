// The card to share: made in the browser of the drawing, the strips and the sentence that are on screen.
// Gradio hands in element.
const WIDTH = 1200, HEIGHT = 630, EDGE = 48, PAD = 300, TOP = 104, MOST_STRIPS = 4, FLAT = 100;
const PAPER = '#ffffff', TEXT = '#171614', QUIET = '#6b6661', INK = { yes: '#0f766e', no: '#b3361b' };
const SOFT = { yes: '#e9f6f4', no: '#fdf0ec' }, FONT = "'Source Sans', 'Source Sans Pro', system-ui, sans-serif";
const panel = element.querySelector('.share'), picture = panel.querySelector('img'), note = panel.querySelector('.note');
const around = parent.document === document ? window : parent;
const isLocal = /^(localhost|127\.|\[::1\])/.test(around.location.hostname);
let file = null, link = '', sentence = '';

const text = (selector, root = document) => root.querySelector(selector)?.textContent.trim() ?? '';

function content() {
  const detail = {};
  document.dispatchEvent(new CustomEvent('lifelong:content', { detail }));
  return detail;
}

// The address opens the page with this drawing, run and class; an uploaded picture is not in it.
function address({ link: drawing, choice }) {
  const { origin, pathname } = around.location;
  const run = document.querySelector('#run input:checked')?.value ?? '';
  const more = new URLSearchParams();
  if (drawing) more.set('draw', drawing);
  if (drawing && choice?.name && choice.origin === 'hand') more.set('class', choice.name);
  return `${origin}${pathname}${run ? `?run=${encodeURIComponent(run)}` : ''}${drawing ? `#${more}` : ''}`;
}

function lines(pen, words, width) {
  const found = [''];
  for (const word of words.split(/\s+/)) {
    const longer = `${found.at(-1)} ${word}`.trim();
    if (found.at(-1) && pen.measureText(longer).width > width) found.push(word);
    else found[found.length - 1] = longer;
  }
  return found;
}

function write(pen, words, x, y, { size, weight = 400, colour = TEXT, width = Infinity, align = 'left', most = 1 }) {
  pen.fillStyle = colour;
  pen.textAlign = align;
  pen.font = `${weight} ${size}px ${FONT}`;
  const all = lines(pen, words, width), shown = all.slice(0, most);
  if (all.length > most) shown[most - 1] += ' …';
  shown.forEach((line, index) => pen.fillText(line, x, y + index * size * 1.25, width === Infinity ? undefined : width));
}

function card(pen, one, x, y, width, height) {
  const known = one.dataset.known, middle = x + width / 2, said = text('.said', one);
  pen.fillStyle = SOFT[known] ?? '#f6f5f3';
  pen.strokeStyle = INK[known] ?? '#d6d3cf';
  pen.lineWidth = 3;
  pen.beginPath();
  pen.roundRect(x, y, width, height, 14);
  pen.fill();
  pen.stroke();
  const lesson = [...one.querySelectorAll('.taught b')].map((each) => each.textContent).join(' '), verdict = text('.verdict', one);
  const colour = INK[known] ?? QUIET, fits = { align: 'center', width: width - 10 };
  if (height < FLAT) {  // one line: lesson, answer, whether it is right
    const line = y + height * 0.68;
    write(pen, lesson, x + 12, line, { size: 17, colour: QUIET, width: width * 0.3 });
    write(pen, said, middle, line, { size: said.length > 2 ? 18 : 30, weight: 700, ...fits });
    write(pen, verdict.slice(0, 1), x + width - 12, line, { size: 22, weight: 700, colour, align: 'right' });
    return;
  }
  write(pen, `${text('.when', one)} ${lesson}`.trim(), middle, y + 26, { size: 19, weight: 600, ...fits });
  write(pen, said, middle, y + height * 0.62, { size: said.length > 2 ? 24 : Math.min(84, height * 0.45), weight: 700, ...fits });
  write(pen, verdict, middle, y + height - 14, { size: 19, weight: 700, colour, ...fits });
}

function strips(pen, left, width) {
  const rows = [...document.querySelectorAll('.strip')].filter((strip) => strip.children.length && strip.checkVisibility()).slice(0, MOST_STRIPS);
  const height = Math.min(230, (PAD + 20) / rows.length - 34);
  rows.forEach((row, at) => {
    const y = TOP + at * (height + 34), cards = [...row.querySelectorAll('.card')].slice(0, 10), gap = 8;
    const each = (width - gap * (cards.length - 1)) / cards.length;
    const other = row.closest('.other');
    write(pen, other ? text('p b', other) : text('#run .name'), left, y + 20, { size: 22, weight: 600, colour: QUIET, width });
    cards.forEach((one, index) => card(pen, one, left + index * (each + gap), y + 30, each, height));
  });
}

function compose({ picture: drawing }) {
  const sheet = Object.assign(document.createElement('canvas'), { width: WIDTH, height: HEIGHT }), pen = sheet.getContext('2d');
  pen.fillStyle = PAPER;
  pen.fillRect(0, 0, WIDTH, HEIGHT);
  const title = around.document.querySelector('h1')?.textContent ?? 'Lifelong';
  write(pen, title, EDGE, 70, { size: 40, weight: 700, width: WIDTH - 2 * EDGE });
  pen.save();
  pen.beginPath();
  pen.roundRect(EDGE, TOP, PAD, PAD, 18);
  pen.clip();
  pen.drawImage(drawing, EDGE, TOP, PAD, PAD);
  pen.restore();
  strips(pen, EDGE + PAD + 32, WIDTH - 2 * EDGE - PAD - 32);
  const others = document.querySelector('.other')?.checkVisibility() ? text('.still') : '';
  write(pen, `${sentence} ${others}`, EDGE, 474, { size: 32, weight: 600, width: WIDTH - 2 * EDGE, most: 3 });
  const { host, pathname } = around.location;
  write(pen, isLocal ? 'Lifelong' : `Lifelong · ${host}${pathname}`, EDGE, HEIGHT - 24, { size: 22, colour: QUIET });
  write(pen, 'Draw one yourself', WIDTH - EDGE, HEIGHT - 24, { size: 22, colour: QUIET, align: 'right' });
  return sheet;
}

async function make() {
  await document.fonts.ready;
  await new Promise((then) => { setTimeout(then); });  // until all parts show the same answer
  const found = content();
  if (found.isBlank) { file = null; return; }
  const sheet = compose(found);
  picture.src = sheet.toDataURL('image/png');
  picture.alt = `Your drawing and the answers. ${sentence}`;
  link = address(found);
  const blob = await new Promise((then) => { sheet.toBlob(then, 'image/png'); });
  file = new File([blob], 'lifelong.png', { type: 'image/png' });
  panel.querySelector('[data-act=send]').hidden = !navigator.canShare?.({ files: [file] });
  const opens = found.link ? 'The link opens this page with your drawing and this network.'
    : 'The link opens this page with this network; a picture that was not drawn here is not in the link.';
  note.textContent = isLocal ? `${opens} It is the address of this machine, and opens on no other.` : opens;
}

function save() {
  const anchor = Object.assign(document.createElement('a'), { href: URL.createObjectURL(file), download: file.name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(anchor.href), 1000);
}

async function copy() {
  try {
    await around.navigator.clipboard.writeText(link);
    note.textContent = 'The link is copied.';
  } catch {  // without permission, or not over https
    note.textContent = `Copy this link: ${link}`;
  }
}

const send = () => navigator.share({ files: [file], url: link, text: sentence }).catch(() => {});

function show(open) {
  panel.hidden = !open;
  document.querySelector('[data-act=share]')?.setAttribute('aria-expanded', open);
}

element.addEventListener('click', (event) => {
  const action = event.target.closest('[data-act]')?.dataset.act;
  if (file) ({ save, copy, send })[action]?.();
});
document.addEventListener('lifelong:share', async () => {
  if (panel.hidden) await make();
  show(panel.hidden && file !== null);
});
// What is on screen changes, and an open card with it.
document.addEventListener('lifelong:answer', async ({ detail }) => {
  sentence = new DOMParser().parseFromString(detail.shared ?? '', 'text/html').body.textContent;
  if (panel.hidden) return;
  await make();
  show(file !== null);
});
