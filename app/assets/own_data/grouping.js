// The tasks with their classes: a class is dragged to another task, or its task is chosen in the list beside it.
// Streamlit hands in the element, the data { classes: [name], groups: [[number]] } and the trigger, which takes the groups.
export default ({ parentElement, data, setTriggerValue }) => {
  const board = parentElement.querySelector('.grouping');
  const said = parentElement.querySelector('.said');
  const { classes, groups } = data;

  const move = (number, task) => {
    if (groups[task].includes(number)) return;
    const next = groups.map((group) => group.filter((each) => each !== number));
    next[task] = [...next[task], number].sort((a, b) => a - b);
    // The board is drawn anew: the list that was used keeps the focus.
    board.dataset.focus = number;
    said.textContent = `${classes[number]} is in task ${task + 1} now.`;
    setTriggerValue('groups', next);
  };

  const chip = (number, task) => {
    const item = Object.assign(document.createElement('li'), { draggable: true });
    const name = Object.assign(document.createElement('span'), { textContent: classes[number] });
    const list = document.createElement('select');
    list.setAttribute('aria-label', `Task of ${classes[number]}`);
    list.dataset.number = number;
    list.append(...groups.map((_, at) => new Option(`Task ${at + 1}`, at, at === task, at === task)));
    list.addEventListener('change', () => move(number, Number(list.value)));
    item.addEventListener('dragstart', (event) => {
      event.dataTransfer.setData('text/plain', String(number));
      event.dataTransfer.effectAllowed = 'move';
      item.classList.add('dragged');
    });
    item.addEventListener('dragend', () => item.classList.remove('dragged'));
    item.append(name, list);
    return item;
  };

  board.replaceChildren(...groups.map((group, task) => {
    const box = document.createElement('section');
    const heading = Object.assign(document.createElement('h3'), { textContent: `Task ${task + 1}` });
    box.setAttribute('aria-label', `Task ${task + 1}`);
    box.append(heading);
    if (group.length) {
      const list = document.createElement('ul');
      list.append(...group.map((number) => chip(number, task)));
      box.append(list);
    } else {
      box.append(Object.assign(document.createElement('p'), { textContent: 'No class yet: every task needs one.' }));
    }
    box.addEventListener('dragover', (event) => {
      event.preventDefault();
      box.classList.add('over');
    });
    box.addEventListener('dragleave', (event) => {
      if (!box.contains(event.relatedTarget)) box.classList.remove('over');
    });
    box.addEventListener('drop', (event) => {
      event.preventDefault();
      box.classList.remove('over');
      const number = Number(event.dataTransfer.getData('text/plain'));
      if (Number.isInteger(number) && number in classes) move(number, task);
    });
    return box;
  }));
  if (board.dataset.focus) {
    board.querySelector(`select[data-number="${board.dataset.focus}"]`)?.focus();
    delete board.dataset.focus;
  }
};
