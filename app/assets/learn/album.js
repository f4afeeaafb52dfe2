// Album of images as toggle buttons, of which a fixed number are chosen. Streamlit hands in the element, the trigger and
// { groups: [{ name, images }], budget, kept }; the choice stays in the browser until it is learned with.
const chosenIn = new WeakMap();

export default ({ parentElement, data, setTriggerValue }) => {
  const root = parentElement.querySelector('.album');
  if (chosenIn.has(root)) return;
  const chosen = new Set(data.kept), buttons = [];
  chosenIn.set(root, chosen);
  const counter = root.querySelector('.counter'), learn = root.querySelector('[data-act=learn]');

  const refresh = () => {
    buttons.forEach((button, at) => button.setAttribute('aria-pressed', chosen.has(at)));
    counter.textContent = `${chosen.size} of ${data.budget}`;
    learn.setAttribute('aria-disabled', chosen.size !== data.budget);
  };
  const toggle = (at) => {
    if (!chosen.delete(at)) {
      if (chosen.size === data.budget) {
        counter.textContent = `${data.budget} of ${data.budget}: take one away first`;
        return;
      }
      chosen.add(at);
    }
    refresh();
  };
  root.querySelector('.groups').replaceChildren(...data.groups.map(({ name, images }) => {
    const group = Object.assign(document.createElement('div'), { className: 'group' });
    group.setAttribute('role', 'group');
    group.setAttribute('aria-label', `Images of ${name}`);
    for (const [index, image] of images.entries()) {
      const at = buttons.length, button = Object.assign(document.createElement('button'), { type: 'button' });
      button.setAttribute('aria-label', `${name}, image ${index + 1}`);
      button.append(Object.assign(document.createElement('img'), { src: image, alt: '' }));
      button.addEventListener('click', () => toggle(at));
      buttons.push(button);
      group.append(button);
    }
    return group;
  }));
  const actions = {
    none: () => { chosen.clear(); refresh(); },
    random: () => {
      const order = buttons.map((_, at) => [Math.random(), at]).sort((a, b) => a[0] - b[0]);
      chosen.clear();
      for (const [, at] of order.slice(0, data.budget)) chosen.add(at);
      refresh();
    },
    learn: () => {
      if (chosen.size === data.budget) setTriggerValue('learn', [...chosen]);
      else counter.textContent = `${chosen.size} of ${data.budget}: choose ${data.budget - chosen.size} more`;
    },
  };
  root.querySelector('.actions').addEventListener('click', (event) => actions[event.target.closest('[data-act]')?.dataset.act]?.());
  refresh();
};
