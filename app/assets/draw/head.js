// Runs before anything of the page in the frame is there.
(() => {
  const root = document.documentElement;
  if (new URLSearchParams(location.search).get('__theme') === 'dark') root.classList.add('dark');

  // All parts are mounted: the page appears at once, and they learn of each other.
  const parts = ['#pad canvas', '#strip .strip', '#sentence .story', '#remedies .opened', '#truth input', '#examples .examples', '#run .runs', '#task-given input',
    '#network-input figure', '#teach .teach'];
  const show = () => {
    root.classList.add('ready');
    document.querySelector('#waiting').remove();
    // There are two main parts, this one and that of the page around.
    document.querySelector('main')?.setAttribute('aria-label', 'Drawing and answers');
    document.dispatchEvent(new CustomEvent('lifelong:ready'));
  };
  const seen = new MutationObserver(() => {
    if (!parts.every((part) => document.querySelector(part))) return;
    seen.disconnect();
    // The parts' own scripts run right after they are mounted.
    requestAnimationFrame(() => requestAnimationFrame(() => {
      // A stroke that is being drawn is not torn away.
      if (lifelongPad.isDown) document.addEventListener('lifelong:penup', show, { once: true });
      else show();
    }));
  });
  seen.observe(root, { childList: true, subtree: true });

  const frame = window.frameElement;
  if (!frame) return;
  root.classList.add('framed');
  const app = parent.document.querySelector('.stApp') ?? parent.document.body;
  const font = parent.document.querySelector('link[rel=preload][as=font]');
  if (font) document.fonts.add(new FontFace('Source Sans', `url(${font.href})`, { weight: '200 900' }));
  const style = document.createElement('style');
  style.textContent = `:root, .dark { --font: ${getComputedStyle(app).fontFamily} !important; }`;  // Gradio sets the font of its dark theme anew
  document.head.append(style);
  // The frame around this page cannot know its height, so the page sizes the frame it is in (same origin).
  let last = 0;
  const fit = () => {
    const page = document.querySelector('.ready #page');
    const height = page ? Math.ceil(page.getBoundingClientRect().bottom + scrollY) + 10 : 0;
    if (height > 60 && Math.abs(height - last) > 2) frame.style.height = (last = height) + 'px';
  };
  document.addEventListener('lifelong:ready', () => {
    new ResizeObserver(fit).observe(document.querySelector('#page'));
    fit();
  });
})();
