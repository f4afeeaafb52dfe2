// Pictures for the pad: files that are chosen, dropped or pasted, and the camera. A picture is made small here, where the
// browser can read it, and is judged on the server. Continues pad.js.
const LONGEST = 1600, SMALL_FILE = 5e5, MOST = 24, THUMB = 44;
const problem = element.querySelector('.problem'), tray = element.querySelector('.tray');
const camera = element.querySelector('.camera'), video = camera.querySelector('video');
const eye = element.querySelector('[data-act=camera]');
let pictures = [], current = -1, stream = null;

const complain = (words) => { problem.textContent = words; problem.hidden = !words; };

const drawnOn = (source, width, height) => {
  const sheet = Object.assign(document.createElement('canvas'), { width, height });
  sheet.getContext('2d').drawImage(source, 0, 0, width, height);
  return sheet;
};
const asFile = (sheet, type) => new Promise((done) => { sheet.toBlob(done, type, 0.9); });

// What this browser cannot read (HEIC in most) goes as it is. WebP keeps transparency; Safari writes none.
async function shrunk(file) {
  let bitmap;
  try { bitmap = await createImageBitmap(file, { imageOrientation: 'from-image' }); } catch { return { file }; }
  const { width, height } = bitmap, scale = Math.min(1, LONGEST / Math.max(width, height));
  const part = THUMB * 2 / Math.min(width, height);
  const thumb = drawnOn(bitmap, Math.max(1, Math.round(width * part)), Math.max(1, Math.round(height * part))).toDataURL('image/jpeg', 0.8);
  if (scale === 1 && file.size <= SMALL_FILE) return { file, thumb };
  const sheet = drawnOn(bitmap, Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
  bitmap.close();
  let blob = await asFile(sheet, file.type === 'image/jpeg' ? 'image/jpeg' : 'image/webp');
  if (blob?.type === 'image/png') blob = await asFile(sheet, 'image/jpeg');
  return { file: blob ?? file, thumb };
}

function asAddress(file) {
  return new Promise((done, failed) => {
    const reader = Object.assign(new FileReader(), { onerror: failed });
    reader.onload = () => done(reader.result);
    reader.readAsDataURL(file);
  });
}

async function put(index) {
  const { file } = pictures[index];
  current = index;
  showTray();
  if (file.size > LARGEST) return complain('That file is larger than 5 MB and this browser cannot make it smaller; save it as JPEG and try again.');
  let content;
  try { content = await asAddress(file); } catch { return complain('That file could not be read; choose it once more.'); }
  complain('');
  if (index === current) trigger('upload', { content });
}

async function take(files) {
  const chosen = [...files ?? []].slice(0, MOST);
  if (!chosen.length) return;
  complain('');
  pictures = await Promise.all(chosen.map(shrunk));
  await put(0);
}

// Of several pictures the first goes on the pad, and the others wait.
function showTray() {
  tray.hidden = pictures.length < 2;
  if (tray.children.length !== pictures.length || tray.pictures !== pictures) {
    tray.pictures = pictures;
    tray.replaceChildren(...pictures.map(({ thumb }, index) => {
      const button = Object.assign(document.createElement('button'), { type: 'button', className: 'tool' });
      button.dataset.picture = index;
      button.setAttribute('aria-label', `Picture ${index + 1} of ${pictures.length}`);
      if (thumb) button.style.backgroundImage = `url(${thumb})`;
      else button.textContent = index + 1;
      return button;
    }));
  }
  [...tray.children].forEach((button, index) => button.setAttribute('aria-pressed', index === current));
}

tray.addEventListener('click', (event) => {
  const index = event.target.closest('[data-picture]')?.dataset.picture;
  if (index !== undefined) put(Number(index));
});
picker.addEventListener('change', () => { take([...picker.files]); picker.value = ''; });
element.addEventListener('dragover', (event) => event.preventDefault());
element.addEventListener('drop', (event) => { event.preventDefault(); take(event.dataTransfer.files); });
document.addEventListener('paste', (event) => take(event.clipboardData.files));

// A browser offers a camera only to a page that was opened securely; a phone's own file picker has one, too.
const CAMERA = {
  NotAllowedError: 'The camera is not allowed here; allow it beside the address, or upload a picture.',
  NotFoundError: 'No camera was found; upload a picture instead.',
};
eye.hidden = !navigator.mediaDevices?.getUserMedia;

async function openCamera() {
  complain('');
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment', width: { ideal: 1280 } } });
  } catch (error) {
    return complain(CAMERA[error.name] ?? 'The camera could not be started; another program may be using it.');
  }
  video.srcObject = stream;
  camera.hidden = false;
  await video.play();
  camera.querySelector('[data-act=shoot]').focus();
}

function closeCamera(next = eye) {
  stream?.getTracks().forEach((track) => track.stop());
  stream = video.srcObject = null;
  camera.hidden = true;
  next.focus();
}

async function shoot() {
  if (!video.videoWidth) return;
  const sheet = drawnOn(video, video.videoWidth, video.videoHeight);
  closeCamera(canvas);  // the button goes with the empty pad
  take([await asFile(sheet, 'image/jpeg')]);
}

camera.addEventListener('keydown', (event) => { if (event.key === 'Escape') closeCamera(); });
element.addEventListener('click', (event) => {
  const action = event.target.closest('[data-act]')?.dataset.act;
  ({ camera: openCamera, shoot, close: () => closeCamera() })[action]?.();
});
addEventListener('pagehide', () => stream?.getTracks().forEach((track) => track.stop()));
