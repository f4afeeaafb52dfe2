// The card to share, painted in the browser: the images that were kept, the scores and the sentence.
// Streamlit hands in the element and { title, sentence, images, rows: [[name, per cent]] }.
const FONT = "'Source Sans', 'Source Sans Pro', system-ui, sans-serif", EDGE = 48;

const write = (pen, words, x, y, size, weight = 400, colour = '#171614') => {
  pen.font = `${weight} ${size}px ${FONT}`;
  pen.fillStyle = colour;
  pen.fillText(words, x, y);
};

const loaded = (src) => new Promise((then) => {
  const image = new Image();
  image.onload = () => then(image);
  image.src = src;
});

async function paint(canvas, { title, images, rows }) {
  const pictures = await Promise.all(images.map(loaded)), pen = canvas.getContext('2d');
  await document.fonts.ready;
  pen.fillStyle = '#ffffff';
  pen.fillRect(0, 0, canvas.width, canvas.height);
  write(pen, title, EDGE, 84, 48, 700);
  pen.imageSmoothingEnabled = false;
  pictures.forEach((picture, at) => pen.drawImage(picture, EDGE + (at % 10) * 111, 120 + Math.floor(at / 10) * 111, 104, 104));
  rows.forEach(([name, share], at) => {
    const y = 392 + at * 48;
    write(pen, name, EDGE, y, 28, at ? 400 : 700);
    pen.fillStyle = '#e8e6e3';
    pen.fillRect(250, y - 24, 740, 30);
    pen.fillStyle = at ? '#8a857f' : '#0072b2';
    pen.fillRect(250, y - 24, 7.4 * share, 30);
    write(pen, `${share} %`, 1010, y, 28, at ? 400 : 700);
  });
  write(pen, 'old digits still known · Lifelong: see a network forget', EDGE, 600, 24, 400, '#6b6661');
}

export default ({ parentElement, data }) => {
  const card = parentElement.querySelector('.card'), canvas = card.querySelector('canvas'), note = card.querySelector('.note');
  canvas.setAttribute('aria-label', data.sentence);
  paint(canvas, data);
  const save = () => canvas.toBlob((blob) => {
    const anchor = Object.assign(document.createElement('a'), { href: URL.createObjectURL(blob), download: 'lifelong-challenge.png' });
    anchor.click();
    setTimeout(() => URL.revokeObjectURL(anchor.href), 1000);
  }, 'image/png');
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(`${data.sentence} ${location.href}`);
      note.textContent = 'The sentence and the link are copied.';
    } catch {  // without permission, or not over https
      note.textContent = `Copy this: ${data.sentence} ${location.href}`;
    }
  };
  const click = (event) => ({ save, copy })[event.target.closest('[data-act]')?.dataset.act]?.();
  card.addEventListener('click', click);
  return () => card.removeEventListener('click', click);
};
