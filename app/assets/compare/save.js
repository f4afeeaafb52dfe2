// Saves the charts that are on the page, one below the other, as one picture.
const CHARTS = ['curves_room', 'memory_room', 'seconds_room'].map(key => `.st-key-${key} svg.marks`).join(',');
const SVG = 'http://www.w3.org/2000/svg', PAPER = '#ffffff', INK = '#2f2d2b', GAP = 24, SCALE = 2;

function picture() {
  const whole = document.createElementNS(SVG, 'svg');
  let width = 0, height = 0;
  for (const chart of document.querySelectorAll(CHARTS)) {
    const copy = chart.cloneNode(true), box = chart.getBoundingClientRect();
    copy.setAttribute('y', height);
    whole.append(copy);
    width = Math.max(width, box.width);
    height += box.height + GAP;
  }
  const paper = document.createElementNS(SVG, 'rect');
  for (const [name, value] of Object.entries({ width: '100%', height: '100%', fill: PAPER })) paper.setAttribute(name, value);
  whole.prepend(paper);
  const size = { width, height, viewBox: `0 0 ${width} ${height}`, xmlns: SVG, style: `color:${INK}` };
  for (const [name, value] of Object.entries(size)) whole.setAttribute(name, value);
  return { width, height, file: new Blob([new XMLSerializer().serializeToString(whole)], { type: 'image/svg+xml' }) };
}

async function png({ width, height, file }) {
  const image = new Image(), address = URL.createObjectURL(file);
  await new Promise((done, failed) => { image.onload = done; image.onerror = failed; image.src = address; });
  URL.revokeObjectURL(address);
  const canvas = Object.assign(document.createElement('canvas'), { width: width * SCALE, height: height * SCALE });
  canvas.getContext('2d').drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise(done => canvas.toBlob(done, 'image/png'));
}

export default function ({ parentElement }) {
  for (const button of parentElement.querySelectorAll('button')) {
    button.onclick = async () => {
      const drawn = picture(), kind = button.dataset.kind;
      const link = document.createElement('a');
      link.href = URL.createObjectURL(kind === 'svg' ? drawn.file : await png(drawn));
      link.download = `comparison.${kind}`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    };
  }
}
