// The sentence with its buttons. It tells the other parts what was answered, and the page around
// the frame which run and lesson are on screen.
// Gradio hands in element, props, watch.
const address = new URLSearchParams(location.search), visit = Number(address.get('visit'));
// Components arrive one after the other, and the first answers may be another run's.
let settled = !address.get('run');
let reported = '', open = false, spoke = false, wanted = false;

const report = (more) => {
  const { run, task, task_given, announced } = props.value;
  parent.postMessage({ lifelong: { run, task, task_given, announced, visit, ...more } }, location.origin);
};

const reportChange = () => {
  settled ||= props.value.run === address.get('run');
  if (!settled) return;
  const { run, task, task_given, announced } = props.value;
  const message = JSON.stringify([run, task, task_given, announced]);
  if (message !== reported) report();
  reported = message;
};

// What is pinned stays so in this tab until it is pinned anew or removed; the Train page reads it.
const pinned = () => JSON.parse(sessionStorage.getItem('lifelong.pinned') ?? 'null');
const onPad = () => {
  const { photo, checked: name } = props.value;
  return { image: sessionStorage.getItem(`lifelong.pad.${photo ? 'photo' : 'digit'}`) ?? '', name, photo };
};

const isPinned = () => JSON.stringify(pinned()) === JSON.stringify(onPad());

const showPin = () => {
  const button = element.querySelector('[data-act=pin]'), on = !button.hidden && isPinned();
  button.setAttribute('aria-pressed', on);
  element.querySelector('.pinned').hidden = !on;
};

const pin = () => {
  if (isPinned()) sessionStorage.removeItem('lifelong.pinned');
  else sessionStorage.setItem('lifelong.pinned', JSON.stringify(onPad()));
  showPin();
};

const show = () => {
  showPin();
  const button = element.querySelector('[data-act=why]');
  open &&= !button.hidden;
  button.setAttribute('aria-expanded', open);
  element.querySelector('#reasons').hidden = !open;
  const pixels = element.querySelector('[data-act=spoke]');
  pixels.setAttribute('aria-expanded', spoke);
  element.querySelector('#spoke').hidden = !spoke || !props.value.spoke;
  // They are computed only while they are seen.
  if (wanted === (open && spoke)) return;
  wanted = open && spoke;
  document.dispatchEvent(new CustomEvent('lifelong:input', { detail: { spoke: wanted, quiet: !wanted } }));
};

const leave = (event) => {
  // Within the frame a link may not leave it, and the page around can go there without loading anew.
  if (parent === window || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  report({ open: Date.now() });
};

element.addEventListener('click', (event) => {
  const button = event.target.closest('button, a');
  if (!button) return;
  const name = button.dataset.class, action = button.dataset.act;
  if (name) document.dispatchEvent(new CustomEvent('lifelong:choose', { detail: { name } }));
  if (action === 'why') { open = !open; show(); }
  if (action === 'spoke') { spoke = !spoke; show(); }
  if (action === 'share') document.dispatchEvent(new CustomEvent('lifelong:share'));
  if (action === 'pin') pin();
  if (action === 'rescue') document.dispatchEvent(new CustomEvent('lifelong:rescue'));
  if (action === 'toggle') document.dispatchEvent(new CustomEvent('lifelong:label'));
  if (button.classList.contains('link')) leave(event);
});

const receive = () => { show(); publish(); reportChange(); };
const escaped = (text) => Object.assign(document.createElement('p'), { textContent: text }).innerHTML;

// The page is made anew in a microtask, and only then there is something to show or to hide in it.
const set = (value) => { props.value = value; queueMicrotask(receive); };

document.addEventListener('lifelong:values', ({ detail }) => set(detail.sentence));
document.addEventListener('lifelong:trouble', ({ detail }) => set({ ...props.value, text: escaped(detail.error), tone: 'problem' }));
const publish = () => document.dispatchEvent(new CustomEvent('lifelong:answer', { detail: props.value }));
watch('value', receive);
// All parts are mounted when the first answer comes.
document.addEventListener('lifelong:ready', publish, { once: true });
