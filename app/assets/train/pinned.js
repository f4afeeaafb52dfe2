// Shows the drawing that was pinned on the Draw page, which keeps it in the session of this tab, and hands it on.
// Streamlit hands in the element, the data { known: what was handed on, caption } and the setter of the state.
const KEY = 'lifelong.pinned';

const read = () => {
  const text = sessionStorage.getItem(KEY) ?? '';
  try { return { text, image: JSON.parse(text).image }; } catch { return { text: '', image: '' }; }
};

export default ({ parentElement, data, setStateValue }) => {
  const box = parentElement.querySelector('.pinned'), { text, image } = read();
  box.hidden = !text;
  box.querySelector('img').src = String(image);
  box.querySelector('img').alt = data.caption;
  box.querySelector('figcaption').textContent = data.caption;
  box.querySelector('button').onclick = () => {
    sessionStorage.removeItem(KEY);
    box.hidden = true;
    setStateValue('pinned', '');
  };
  if (text !== data.known) setStateValue('pinned', text);
};
