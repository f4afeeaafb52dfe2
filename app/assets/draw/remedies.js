// Other networks' strips under the first one, the lesson that lost the class step by step, and the bars of a card. All
// of it follows while one draws. Gradio hands in element, props.
const MOST = 4, FIRST = 3, PACE = 700;  // strips at most, and at first; ms between two steps of the player
const find = (selector) => element.querySelector(selector);
const send = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
const slider = find('input[type=range]'), add = find('select'), play = find('[data-act=play]');
let runs = [], run = '', others = [], open = false, shown = null, values = null, timer = null, dismissed = false;

const of = (id) => runs.find((each) => each.run === id);
const rivals = () => runs.filter((each) => each.run !== run && of(run) && each.question === of(run).question);
const remedies = () => rivals().filter(({ remedy }) => remedy >= 0).sort((a, b) => a.remedy - b.remedy).slice(0, FIRST).map((each) => each.run);
const tell = () => send('lifelong:input', { others: open ? others : [], within: open, quiet: false });

// Strips

const cardHtml = (card) => lifelongCard(card, card.contest);

const strip = (id) => {
  const found = [...element.querySelectorAll('.other')].find((each) => each.dataset.run === id);
  if (found) return found;
  const made = document.createElement('section');
  made.className = 'other';
  made.dataset.run = id;
  made.innerHTML = `<div class="head"><p><b></b> <span></span></p><button type="button" class="tool" data-act="remove"></button></div><ol class="strip"></ol>
    <div class="own" hidden><p class="contest" aria-live="polite"></p><ul class="bars"></ul></div>`;
  find('.strips').append(made);
  return made;
};

const fill = (part, html) => { if (part.innerHTML !== html) part.innerHTML = html; };

// The bars of a card are shown under its own strip, one card of each at a time.
const showOwn = (part, cards) => {
  const card = cards[part.dataset.card], own = part.querySelector('.own');
  for (const button of part.querySelectorAll('.more')) button.setAttribute('aria-expanded', button.closest('.card').dataset.after === part.dataset.card);
  own.hidden = !card?.bars.length;
  if (own.hidden) return;
  fill(own.querySelector('.contest'), card.contest);
  showBars(own.querySelector('.bars'), card.bars);
};

const showStrips = () => {
  const found = values?.others ?? [];
  for (const old of element.querySelectorAll('.other')) if (!found.some((each) => each.run === old.dataset.run)) old.remove();
  for (const { run: id, title, line, cards } of found) {
    const part = strip(id), list = part.querySelector('ol');
    fill(part.querySelector('b'), title);
    fill(part.querySelector('p span'), line);
    part.querySelector('button').innerHTML = `${props.words.remove}<span class="unseen"> ${title}</span>`;
    list.className = `strip small ${cards.length > 5 ? 'many' : ''}`;
    list.style.setProperty('--cards', Math.min(10, Math.max(1, cards.length)));
    list.setAttribute('aria-label', part.querySelector('b').textContent);
    const html = cards.map(cardHtml).join('');
    if (list.made !== html) {
      const focused = list.contains(document.activeElement) ? document.activeElement.closest('.card').dataset.after : null;
      list.innerHTML = list.made = html;
      if (focused !== null) list.querySelector(`[data-after='${focused}'] .more`)?.focus();
    }
    showOwn(part, cards);
  }
  find('.owned').hidden = !values?.own;
  fill(find('.owned b'), values?.own?.title ?? '');
  fill(find('.owned span'), values?.own?.line ?? '');
  fill(find('.still'), values?.still_known ?? '');
};

const showChoices = () => {
  const left = rivals().filter((each) => !others.includes(each.run));
  const html = `<option value="">…</option>${left.map((each) => `<option value="${each.run}">${each.name}</option>`).join('')}`;
  if (add.made !== html) add.innerHTML = add.made = html;
  const full = others.length >= MOST;
  add.disabled = full;
  find('.full').hidden = !full;
  find('.add').hidden = !left.length;
};

// Step by step

const showMoment = () => {
  const moment = values?.within?.moments[Number(slider.value)];
  if (!moment) return;
  fill(find('.moment'), moment.text);
  slider.setAttribute('aria-valuetext', find('.moment').textContent);
  showBars(find('.within .bars'), moment.bars);
};

const showWithin = () => {
  const within = values?.within;
  find('.within').hidden = !within;
  if (!within) return stopPlaying();
  fill(find('.within h2'), within.heading);
  fill(find('.within .lead'), within.lead);
  const button = find('[data-act=label]');
  fill(button, within.toggle);
  button.hidden = !within.toggle;
  slider.max = within.moments.length - 1;
  showMoment();
};

const stopPlaying = () => {
  clearInterval(timer);
  timer = null;
  play.textContent = props.words.play;
};

const startPlaying = () => {
  if (Number(slider.value) >= Number(slider.max)) slider.value = 0;
  play.textContent = props.words.pause;
  showMoment();
  timer = setInterval(() => {
    slider.value = Number(slider.value) + 1;
    showMoment();
    if (Number(slider.value) >= Number(slider.max)) stopPlaying();
  }, PACE);
};

// Bars of a card of the first strip

// Strip and sentence are made anew with every answer, and their buttons with them.
const mark = () => {
  for (const button of document.querySelectorAll('#strip .more')) button.setAttribute('aria-expanded', button.closest('.card').dataset.after === String(shown));
  document.querySelector('#sentence [data-act=rescue]')?.setAttribute('aria-expanded', open);
};

const showProbabilities = () => {
  const card = shown === null ? null : values?.strip[shown];
  if (!card?.bars.length) shown = null;
  find('.probabilities').hidden = shown === null;
  mark();
  if (shown === null) return;
  fill(find('.probabilities h2'), card.contest);
  showBars(find('.probabilities .bars'), card.bars);
};

const show = () => {
  find('.opened').hidden = !open;
  showStrips();
  showChoices();
  showWithin();
  showProbabilities();
};

const turn = (wanted) => {
  open = wanted;
  others = open ? remedies() : [];
  if (!open) values = values && { ...values, others: [], within: null };
  stopPlaying();
  show();
  tell();
};

document.addEventListener('lifelong:ready', () => {
  for (const part of ['#strip', '#sentence']) new MutationObserver(mark).observe(document.querySelector(part), { childList: true, subtree: true });
}, { once: true });

document.addEventListener('lifelong:rescue', () => {
  dismissed = open;
  turn(!open);
});

document.addEventListener('lifelong:runs', ({ detail }) => {
  const changed = detail.run !== run;
  ({ runs, run } = detail);
  if (!changed) return showChoices();
  shown = null;
  // Runs of a transfer are there to be seen side by side.
  if (open || of(run)?.transfer && !dismissed) {
    open = rivals().length > 0;
    others = open ? remedies() : [];
    send('lifelong:input', { others, within: open, quiet: true });
  }
  showChoices();
});

document.addEventListener('lifelong:values', ({ detail }) => { values = detail; show(); });

document.addEventListener('click', (event) => {
  const card = event.target.closest('#strip .more')?.closest('.card');
  if (!card) return;
  shown = shown === Number(card.dataset.after) ? null : Number(card.dataset.after);
  showProbabilities();
});

element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button) return;
  const action = button.dataset.act, part = button.closest('.other');
  if (button.classList.contains('more')) {
    const after = button.closest('.card').dataset.after;
    part.dataset.card = part.dataset.card === after ? '' : after;
    showOwn(part, values.others.find((each) => each.run === part.dataset.run).cards);
  }
  if (action === 'close-bars') { document.querySelector('#strip .more[aria-expanded=true]')?.focus(); shown = null; showProbabilities(); }
  if (action === 'label') send('lifelong:label');
  if (action === 'play') timer ? stopPlaying() : startPlaying();
  if (action === 'remove') {
    others = others.filter((id) => id !== part.dataset.run);
    tell();
    add.focus();
  }
});

add.addEventListener('change', () => {
  if (!add.value || others.length >= MOST) return;
  others = [...others, add.value];
  showChoices();
  tell();
});

slider.addEventListener('input', () => { stopPlaying(); showMoment(); });
