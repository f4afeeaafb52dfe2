
// Shows text that explains its terms. Streamlit hands in the element and the data.
export default ({ parentElement, data }) => {
  const text = parentElement.querySelector('p');
  text.innerHTML = data.html;
  if (text.dataset.explains) return;
  text.dataset.explains = 'yes';
  explainTerms(parentElement);
};
