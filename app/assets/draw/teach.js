// Collects examples from the pad and has a copy of the network taught them.
// Gradio hands in element.
const MOST = 50, PERIOD = 150;  // examples; ms between two looks at a lesson
const find = (selector) => element.querySelector(selector);
let pad = '', run = '', copy = '', busy = false, photo = false, images = [];

const say = (text, problem = false) => {
  const line = find('.result');
  line.textContent = text;
  line.classList.toggle('problem', problem);
};

function show() {
  find('.count').textContent = images.length ? `${images.length} of ${MOST} examples, 5 to 10 are best; press one to remove it` : 'No example yet';
  find('.shots').replaceChildren(...images.map((image, at) => {
    const button = Object.assign(document.createElement('button'), { type: 'button' });
    button.dataset.remove = at;
    button.setAttribute('aria-label', `Remove example ${at + 1}`);
    button.append(Object.assign(document.createElement('img'), { src: image, alt: '' }));
    return button;
  }));
  const taught = Boolean(copy) && copy === run;
  for (const part of ['[data-act=undo]', '[data-act=download]', '[data-act=keep]', '.kept']) find(part).hidden = !taught || busy;
  if (taught) find('[data-act=download]').href = `../lessons/${copy}/download`;
  find('[data-act=teach]').setAttribute('aria-disabled', busy);
}

async function request(path, options) {
  const response = await fetch(`../lessons/${path}`, options);
  const values = await response.json();
  if (!response.ok) throw new Error(values.error);
  return values;
}

const send = (detail) => document.dispatchEvent(new CustomEvent('lifelong:taught', { detail }));

async function lesson() {
  const name = find('.named input').value, strategy = find('fieldset input:checked').value;
  const body = JSON.stringify({ run, name, strategy, images });
  const begun = await request('', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
  for (;;) {
    const { done, words, result, ...choice } = await request(begun.run);
    find('progress').value = done;
    say(words ?? 'Learning …');
    if (result) {
      copy = begun.run;
      images = [];
      send(choice);
      return result;
    }
    await new Promise((resolve) => setTimeout(resolve, PERIOD));
  }
}

async function undo() {
  const choice = await request(`${copy}/undo`, { method: 'POST' });
  copy = '';
  send(choice);
  return 'The copy is gone; this is the network of before.';
}

async function keep() {
  const choice = await request(`${copy}/keep`, { method: 'POST', body: find('.kept input').value });
  send(choice);
  return 'The copy keeps this name. The address of this page leads to it; it is in no list of others.';
}

async function work(step, words) {
  if (busy) return;
  busy = true;
  find('progress').value = 0;
  find('progress').hidden = false;
  say(words);
  show();
  try {
    say(await step());
  } catch (error) {
    say(error instanceof TypeError ? 'The server does not answer at the moment; try again.' : error.message, true);
  }
  busy = false;
  find('progress').hidden = true;
  show();
}

function add() {
  if (!pad) return say(photo ? 'Upload a photo first.' : 'Draw the symbol on the pad first.', true);
  if (images.length >= MOST) return say(`There are ${MOST} examples already; remove one first.`, true);
  images.push(pad);
  say('');
  show();
  document.querySelector('#pad [data-act=clear]')?.click();
}

element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  if (button.dataset.remove) { images.splice(Number(button.dataset.remove), 1); show(); find('[data-act=add]').focus(); }
  if (button.dataset.act === 'add') add();
  if (button.dataset.act === 'teach') work(lesson, 'Learning …');
  if (button.dataset.act === 'keep') work(keep, 'Keeping …');
  if (button.dataset.act === 'undo') work(undo, 'Going back …');
});
// What a lesson needs is loaded while examples are still being made. A run that cannot be taught is
// said before somebody draws in vain.
let refused = '';
const prepare = async () => {
  if (!run || busy || !find('details').open) return;
  const body = JSON.stringify({ run }), before = refused;
  try {
    await request('prepare', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    refused = '';
  } catch (error) {
    refused = error instanceof TypeError ? '' : error.message;
  }
  if (refused !== before) say(refused, Boolean(refused));
};
find('details').addEventListener('toggle', prepare);
const follow = (next) => {
  if (next === undefined || next === run) return;
  run = next;
  prepare();
  if (/-taught-/.test(run)) copy = run;  // one that was in the address, or chosen again
  show();
};
document.addEventListener('lifelong:input', ({ detail }) => {
  if (detail.pad) pad = detail.pad.image;
  follow(detail.run);
});
// The list of runs may have been mounted first; later answers may be another run's.
document.addEventListener('lifelong:answer', ({ detail }) => { if (!run) follow(detail.run); });
// Drawings are no examples for a network of photographs, and the other way round.
document.addEventListener('lifelong:kind', ({ detail }) => {
  find('.drawn').hidden = detail.photo;
  find('.photo').hidden = !detail.photo;
  if (photo === detail.photo) return;
  photo = detail.photo;
  images = [];
  show();
});
show();
