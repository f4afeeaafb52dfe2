// The checkbox that gives the task label; its value is true or false.
// Gradio hands in element, props, watch.
const show = () => { element.querySelector('input').checked = props.value; };
const tell = (quiet) => document.dispatchEvent(new CustomEvent('lifelong:input', { detail: { label: props.value === true, quiet } }));
const set = (value) => { props.value = value; show(); tell(false); };
// What the server sets belongs to another run, whose classes ask for the answer.
const receive = () => { show(); tell(true); };

element.addEventListener('change', (event) => set(event.target.checked));
document.addEventListener('lifelong:label', () => set(!props.value));
// Its caption changes with the run, and so does the page anew.
document.addEventListener('lifelong:answer', show);
watch('value', receive);
receive();
