// Explains a term on a tap: its button holds the sentence. root: the document or a part of it.
const explainTerms = (root) => {
  const box = document.createElement('div');
  box.className = 'explanation';
  box.setAttribute('popover', 'auto');
  box.setAttribute('role', 'status');
  (root.body ?? root).append(box);
  let shown = null;
  box.addEventListener('toggle', ({ newState }) => {
    shown?.setAttribute('aria-expanded', newState === 'open');
    if (newState !== 'open') shown = null;
  });
  root.addEventListener('click', (event) => {
    const term = event.target.closest?.('.term');
    if (!term || term === shown) return;
    event.preventDefault();  // a term may stand in a label
    shown = term;
    box.textContent = term.dataset.explanation;
    const at = term.getBoundingClientRect(), width = Math.min(320, innerWidth - 24);
    box.style.cssText = `width:${width}px;left:${Math.max(12, Math.min(at.left, innerWidth - width - 12))}px;top:${at.bottom + 6}px`;
    box.showPopover();
  });
};
