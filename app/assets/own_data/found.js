// The classes that were found, each with its counts and example images.
// Streamlit hands in the element and the data { classes: [{ name, counts, image, alt }] }.
export default ({ parentElement, data }) => {
  const list = parentElement.querySelector('.found');
  list.setAttribute('aria-label', 'Classes that were found');
  list.replaceChildren(...data.classes.map(({ name, counts, image, alt }) => {
    const item = document.createElement('li');
    item.append(
      Object.assign(document.createElement('h3'), { textContent: name }),
      Object.assign(document.createElement('p'), { textContent: counts }),
    );
    if (image) item.append(Object.assign(document.createElement('img'), { src: image, alt }));
    return item;
  }));
  // A list that scrolls is reached by the keyboard.
  list.tabIndex = list.scrollHeight > list.clientHeight ? 0 : -1;
};
