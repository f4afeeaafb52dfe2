// A click on a class asks for a test image of it, the next click for another one.
// Gradio hands in element, trigger.
document.addEventListener('lifelong:unanswered', () => trigger('tick'));
const turns = {};

element.addEventListener('click', (event) => {
  const run = event.target.closest('[data-run]')?.dataset.run;
  if (run) document.dispatchEvent(new CustomEvent('lifelong:run', { detail: { run } }));
  const index = event.target.closest('[data-index]')?.dataset.index;
  if (index === undefined) return;
  turns[index] = (turns[index] ?? -1) + 1;
  trigger('click', { index: Number(index), turn: turns[index] });
});
