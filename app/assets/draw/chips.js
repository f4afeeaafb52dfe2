// One radio button a class. Gradio hands in element, trigger, props, watch.
const check = () => {
  const index = props.value.names.indexOf(props.value.true_class);
  const button = element.querySelector(`input[value="${index}"]`);
  if (button) button.checked = true;
};

// For a reload, and for the prompt on the pad.
const publish = () => {
  sessionStorage.setItem('lifelong.truth', props.value.true_class);
  document.dispatchEvent(new CustomEvent('lifelong:truth', { detail: props.value }));
};

const update = () => { check(); publish(); trigger('input'); };

element.addEventListener('change', (event) => {
  props.value = { ...props.value, true_class: props.value.names[Number(event.target.value)] };
  update();
});
// The server may have set the run, too, which is handed over after this: an answer for the run of before would be
// under way beside the right one, and the last to arrive stays.
watch('value', () => setTimeout(update));
check();
