// Reports to the page around the frame which run and task are on screen.
// Gradio hands in element, props, watch.
const address = new URLSearchParams(location.search), visit = Number(address.get('visit'));
// Components arrive one after the other, and the first answers may be another run's.
let settled = !address.get('run');
let reported = '';

const report = (more) => {
  const { run, task, task_given } = props.value;
  parent.postMessage({ lifelong: { run, task, task_given, visit, ...more } }, location.origin);
};

const reportChange = () => {
  settled ||= props.value.run === address.get('run');
  if (!settled) return;
  const message = JSON.stringify([props.value.run, props.value.task, props.value.task_given]);
  if (message !== reported) report();
  reported = message;
};

const choose = (name) => {
  const labels = [...document.querySelectorAll('#truth label')];
  labels.find((label) => label.textContent.trim() === name)?.click();
};

element.addEventListener('click', (event) => {
  const name = event.target.closest('[data-class]')?.dataset.class;
  if (name) choose(name);
  // Within the frame a link may not leave it, and the page around can go there without loading anew.
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey);
  if (event.target.closest('.why') && parent !== window && plain) {
    event.preventDefault();
    report({ open: Date.now() });
  }
});
watch('value', reportChange);
