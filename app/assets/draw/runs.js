// The list of runs; its value is the id of the one chosen.
// Gradio hands in element, trigger, props, watch.
const all = () => props.groups.flatMap(({ runs }) => runs);

const show = () => {
  const chosen = all().find(({ run }) => run === props.value);
  element.querySelector('.name').innerHTML = chosen?.name ?? props.value;
  element.querySelector('.line').innerHTML = chosen?.line ?? '';
  for (const button of element.querySelectorAll('input')) button.checked = button.value === props.value;
  document.dispatchEvent(new CustomEvent('lifelong:runs', { detail: { runs: all(), run: props.value } }));
  // Its classes, which the server sets, ask for the answer.
  document.dispatchEvent(new CustomEvent('lifelong:input', { detail: { run: props.value ?? '', quiet: true } }));
};

const escaped = (text) => Object.assign(document.createElement('p'), { textContent: text }).innerHTML;

const choose = (run) => {
  const chosen = all().find((each) => each.run === run);
  if (!chosen || run === props.value) return;
  document.dispatchEvent(new CustomEvent('lifelong:kind', { detail: { photo: chosen.photo } }));
  props.value = run;
  show();
  trigger('input');
};

element.addEventListener('change', (event) => choose(event.target.value));
// A copy that was just taught is in no list: it comes with its name.
document.addEventListener('lifelong:taught', ({ detail }) => {
  const run = { ...detail, name: escaped(detail.name), line: escaped(detail.line) };
  const others = props.groups.map((group) => ({ ...group, runs: group.runs.filter((each) => each.run !== run.run) }));
  props.groups = all().some((each) => each.run === run.run && each.name === run.name) ? props.groups
    : [{ title: 'Taught from pictures', runs: [run] }, ...others.filter(({ runs }) => runs.length)];
  queueMicrotask(() => (run.run === props.value ? show() : choose(run.run)));
});
document.addEventListener('lifelong:run', ({ detail }) => choose(detail.run));
watch(['value', 'groups'], () => {
  const chosen = all().find(({ run }) => run === props.value);
  if (chosen) document.dispatchEvent(new CustomEvent('lifelong:kind', { detail: { photo: chosen.photo } }));
  show();
});
show();
// Parts that were mounted after this one have not heard of the runs yet.
document.addEventListener('lifelong:ready', show, { once: true });
