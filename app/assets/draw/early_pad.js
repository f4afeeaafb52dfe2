// The pad before the page's parts are there, so that nobody has to wait to draw: the strokes are handed to the pad that
// takes its place. A stroke is traced in the same way on both.
const lifelongPad = { side: 560, brush: 44, strokes: [], isDown: false };

// Through the midpoints of neighbouring points, so that a fast hand leaves a curve and not a polygon.
lifelongPad.trace = (ink, points) => {
  ink.strokeStyle = ink.fillStyle = '#fff';
  ink.lineWidth = lifelongPad.brush;
  ink.lineCap = ink.lineJoin = 'round';
  ink.beginPath();
  if (points.length === 1) {
    ink.arc(points[0][0], points[0][1], lifelongPad.brush / 2, 0, 7);
    return ink.fill();
  }
  ink.moveTo(...points[0]);
  for (let i = 1; i < points.length - 1; i++) {
    const [x, y] = points[i], [u, v] = points[i + 1];
    ink.quadraticCurveTo(x, y, (x + u) / 2, (y + v) / 2);
  }
  ink.lineTo(...points.at(-1));
  ink.stroke();
};

// Where an event of a pointer is on a canvas, in the units of strokes.
lifelongPad.at = (canvas, event) => {
  const box = canvas.getBoundingClientRect(), { side } = lifelongPad;
  return [(event.clientX - box.left) * side / box.width, (event.clientY - box.top) * side / box.height];
};

(() => {
  const canvas = document.querySelector('#waiting canvas'), ink = canvas.getContext('2d'), { strokes } = lifelongPad;
  canvas.addEventListener('pointerdown', (event) => {
    if (event.button || !event.isPrimary) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    lifelongPad.isDown = true;
    strokes.push([lifelongPad.at(canvas, event)]);
    lifelongPad.trace(ink, strokes.at(-1));
  });
  canvas.addEventListener('pointermove', (event) => {
    if (!lifelongPad.isDown || !event.isPrimary) return;
    const fine = event.getCoalescedEvents?.() ?? [];
    for (const each of fine.length ? fine : [event]) strokes.at(-1).push(lifelongPad.at(canvas, each));
    lifelongPad.trace(ink, strokes.at(-1));
  });
  for (const kind of ['pointerup', 'pointercancel']) {
    canvas.addEventListener(kind, () => {
      lifelongPad.isDown = false;
      document.dispatchEvent(new CustomEvent('lifelong:penup'));
    });
  }
})();
