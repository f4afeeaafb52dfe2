// Test images as buttons; a click puts one on the pad of the Draw page, which keeps what is on it in the session.
// Streamlit hands in the element, the data { label, images: [{ image, name, before, now, words }], run, photo, fixed } and the trigger.
// fixed: images that are none for the pad, because their task has transformed them.
export default ({ parentElement, data, setTriggerValue }) => {
  const gallery = parentElement.querySelector('.gallery');
  gallery.setAttribute('aria-label', data.label);
  gallery.replaceChildren(...data.images.map(({ image, name, before, now, words }, index) => {
    const button = document.createElement(data.fixed ? 'div' : 'button');
    if (!data.fixed) {
      Object.assign(button, { type: 'button', title: words });
      button.setAttribute('aria-label', words);
    }
    const picture = Object.assign(document.createElement('img'), { src: image, alt: data.fixed ? name : '' });
    const was = Object.assign(document.createElement('s'), { textContent: before });
    const is = Object.assign(document.createElement('b'), { textContent: now });
    button.append(picture, was, ' → ', is);
    if (!data.fixed) button.addEventListener('click', () => {
      sessionStorage.setItem(`lifelong.pad.${data.photo ? 'photo' : 'digit'}`, image);
      sessionStorage.setItem('lifelong.choice', JSON.stringify({ name, origin: 'label', run: data.run }));
      setTriggerValue('put', index);
    });
    return button;
  }));
};
