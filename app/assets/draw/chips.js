// One radio button a class. The value is what a person chose; what the picture was taken for comes
// with the answer and is only shown, so that no answer under way can undo a choice.
// Gradio hands in element, props, watch.
let blank = true, taken = '', words = '';

const check = () => {
  const index = props.names.indexOf(props.value.name || taken);
  element.querySelector('legend').textContent = words;
  for (const button of element.querySelectorAll('input')) button.checked = Number(button.value) === index;
};

const choose = (name, origin) => {
  props.value = { ...props.value, name, origin };
  sessionStorage.setItem('lifelong.choice', JSON.stringify(props.value));
};

const tell = (quiet = false) => {
  document.dispatchEvent(new CustomEvent('lifelong:input', { detail: { choice: props.value, quiet } }));
};

element.addEventListener('change', (event) => {
  choose(props.names[Number(event.target.value)], blank ? 'announced' : 'hand');
  tell();
});

// A choice holds for one drawing: the next one is looked at anew.
document.addEventListener('lifelong:pad', ({ detail }) => {
  const cleared = detail.blank && !blank;
  blank = detail.blank;
  if (!cleared) return;
  taken = '';
  choose('', '');
  tell(true);
  check();
});

document.addEventListener('lifelong:choose', ({ detail }) => {
  choose(detail.name, 'hand');
  check();
  tell();
});

document.addEventListener('lifelong:answer', ({ detail }) => {
  taken = detail.checked;
  words = detail.legend;
  check();
});

// The server may have set the run, too, which is handed over after this: an answer for the run of before would be
// under way beside the right one, and the last to arrive stays.
watch('value', () => setTimeout(() => { choose(props.value.name, props.value.origin); check(); tell(); }));
tell(true);
check();

document.addEventListener('lifelong:content', ({ detail }) => { detail.choice = props.value; });
// The ghost hand asked about a class of its own.
document.addEventListener('lifelong:shown', () => { taken = ''; tell(true); check(); });
