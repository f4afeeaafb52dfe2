// The checkbox that gives the task label; its value is true or false.
// Gradio hands in element, trigger, props, watch.
const show = () => { element.querySelector('input').checked = props.value; };
const set = (value) => { props.value = value; show(); trigger('input'); };

element.addEventListener('change', (event) => set(event.target.checked));
document.addEventListener('lifelong:label', () => set(!props.value));
// Its caption changes with the run, and so does the page anew.
document.addEventListener('lifelong:answer', show);
watch('value', show);
show();
