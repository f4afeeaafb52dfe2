// Explains the terms of the Learn page, and begins each step at its top. Streamlit hands in the element and { step }.
let shownStep = null;
export default ({ parentElement, data }) => {
  const page = parentElement.ownerDocument;
  if (!page.documentElement.dataset.explains) {
    page.documentElement.dataset.explains = 'yes';
    explainTerms(page);
  }
  if (shownStep !== null && shownStep !== data.step) page.querySelector('.stMain')?.scrollTo(0, 0);
  shownStep = data.step;
};
