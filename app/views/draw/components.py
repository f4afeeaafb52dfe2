"""The page's own parts: a pad that answers while one draws, the memory strip, the sentence, what the network sees.

They are `gr.HTML` components: their look and behaviour lie in `assets/`. Whatever arrives from a browser is judged here.
"""

import base64
import binascii
from pathlib import Path
from typing import Any

import gradio as gr

ASSETS = Path(__file__).parents[2] / "assets"
LARGEST_DRAWING = 400_000  # characters of a data URL; a drawing has some 10,000
LARGEST_UPLOAD = 5_000_000  # bytes
LONGEST_NAME = 200  # characters of a class
PNG = "data:image/png;base64,"
DIGITS = tuple("0123456789")


def from_data_url(value: Any, largest: int) -> bytes | None:
    """The bytes in a data URL of at most `largest` characters; None for anything else.

    >>> from_data_url("data:image/png;base64,AAEC", 100), from_data_url("https://example.org/a.png", 100)
    (b'\\x00\\x01\\x02', None)
    """
    if not isinstance(value, str) or len(value) > largest or not value.startswith("data:"):
        return None
    _kind, mark, content = value.partition(";base64,")
    try:
        return base64.b64decode(content, validate=True) if mark else None
    except (binascii.Error, ValueError):
        return None


def data_url(png: bytes) -> str:
    """A PNG file as a data URL."""
    return PNG + base64.b64encode(png).decode()


class _Part(gr.HTML):
    """An HTML component of this page: no program calls it, its value is plain data.

    A value can be left out: Gradio makes a part anew without one whenever an event leaves it as it is.
    """

    def __init__(self, value: Any, **kw: Any) -> None:
        super().__init__(value=value, apply_default_css=False, **{"js_on_load": None, **kw})

    def api_info(self) -> dict[str, Any]:
        return {"type": "object"}

    def example_payload(self) -> None:
        return None

    def example_value(self) -> None:
        return None


class DigitPad(_Part):
    """White ink on black paper, by mouse, pen, finger or keyboard, or a picture. Its value is bytes of a PNG, None when blank."""

    TEMPLATE = """<div class="pad">
  <div class="sheet"><canvas width="560" height="560" tabindex="0" role="img" aria-label="Drawing pad. Draw one digit with
 mouse, pen or finger; or move with the arrow keys, Space to put the pen down and up, Control Z to undo, Delete to clear."></canvas>
  <div class="ghost" aria-hidden="true"><b></b><span></span></div></div>
  <div class="bar"><button type="button" class="tool" data-act="undo">Undo</button>
  <button type="button" class="tool" data-act="clear">Clear</button>
  <button type="button" class="tool" data-act="upload">Upload…</button></div>
  <input type="file" accept="image/*" tabindex="-1" aria-label="Upload a picture"></div>"""

    def __init__(self, prompt: dict[str, Any], **kw: Any) -> None:
        super().__init__(
            "",
            html_template=self.TEMPLATE,
            css_template=(ASSETS / "pad.css").read_text(),
            js_on_load=(ASSETS / "pad.js").read_text(),
            prompt=prompt,
            brush=44,
            throttle=120,
            **kw,
        )

    def preprocess(self, payload: Any) -> bytes | None:
        if not payload:
            return None
        content = from_data_url(payload, LARGEST_DRAWING)
        if content is None:
            raise gr.Error(
                "That drawing could not be read; clear the pad and draw again.",
                title="Drawing",
                print_exception=False,
            )
        return content

    def postprocess(self, value: bytes | None) -> str:
        return data_url(value) if value else ""


class Chips(_Part):
    """What was drawn: one radio button a class; value: {"drawn", "names", "labels", "photo"}, of which the page gets the class drawn.

    labels: the names, safe to be put into the page.
    """

    TEMPLATE = """<fieldset class="chips ${value.photo ? 'words' : ''}"><legend>${value.photo ? 'It shows a …' : 'I drew a …'}</legend>
<div>${value.labels.map((name, i) => `<label><input type="radio" name="drawn" value="${i}"><span>${name}</span></label>`).join('')}</div></fieldset>"""
    JS = """const place = () => props.value.names.indexOf(props.value.drawn);
const show = () => { const own = element.querySelector(`input[value="${place()}"]`); if (own) own.checked = true; };
const keep = () => {  // over a reload, and for the prompt on the pad
  sessionStorage.setItem('lifelong.truth', props.value.drawn);
  document.dispatchEvent(new CustomEvent('lifelong:truth', { detail: props.value }));
};
element.addEventListener('change', (event) => {
  props.value = { ...props.value, drawn: props.value.names[Number(event.target.value)] }; show(); keep(); trigger('input'); });
watch('value', () => { show(); keep(); trigger('input'); });
show();"""

    def __init__(self, value: dict[str, Any] | None = None, **kw: Any) -> None:
        super().__init__(value, html_template=self.TEMPLATE, js_on_load=self.JS, **kw)

    def preprocess(self, payload: Any) -> str:
        drawn = payload.get("drawn") if isinstance(payload, dict) else None
        if not isinstance(drawn, str) or not 0 < len(drawn) <= LONGEST_NAME:
            raise gr.Error(
                "What was drawn has to be one of the classes that the model knows.",
                print_exception=False,
            )
        return drawn


class Strip(_Part):
    """One card for each checkpoint; value: the dicts that `cards.cards` makes, their text already escaped."""

    TEMPLATE = """<ol class="strip ${(value || []).length > 5 ? 'many' : ''}" aria-label="What the model answers after each task">${(value || []).map((c) =>
`<li class="card" data-after="${c.after}" data-known="${c.known}" aria-label="${c.spoken}" title="${c.more}">
<span class="when">After task ${c.after + 1}</span>
<span class="taught">${c.taught.map((t) => `<b class="${t.drawn ? 'drawn' : ''}">${t.name}</b>`).join(' ')}</span>
<span class="said ${c.said.length > 2 ? 'long' : ''}">${c.said}</span>
<span class="track"><i style="width:${c.width}%"></i></span>
<span class="sure">${c.sure}</span><span class="verdict">${c.verdict}</span></li>`).join('')}</ol>"""

    def __init__(self, value: list[dict] | None = None, **kw: Any) -> None:
        super().__init__(
            value,
            html_template=self.TEMPLATE,
            css_template=(ASSETS / "strip.css").read_text(),
            **kw,
        )


class Sentence(_Part):
    """What became of the drawing, and the way to the evidence; it tells the page around it which run and task is meant."""

    TEMPLATE = """<div class="told"><p class="sentence ${value.tone}" role="status">${value.text}</p>
<p class="doubt" ${value.doubt ? '' : 'hidden'}><button type="button" data-drawn="${value.doubt}">It looks like ${value.doubtful}:
 ${value.claim} ${value.doubtful}</button></p></div>
<a class="why" href="../inspect?run=${value.run}&task=${value.task}" target="_top" ${value.why ? '' : 'hidden'}>${value.why}</a>"""
    JS = """let told = '';
const address = new URLSearchParams(location.search), visit = Number(address.get('visit'));
let settled = !address.get('run');  // parts are put up one after the other, and the first answers may be another run's
const tell = (more) => parent.postMessage(
  { lifelong: { run: props.value.run, task: props.value.task, told: props.value.told, visit, ...more } }, location.origin);
const tellOnce = () => {
  settled ||= props.value.run === address.get('run');
  if (!settled) return;
  const message = JSON.stringify([props.value.run, props.value.task, props.value.told]);
  if (message !== told) tell();
  told = message;
};
element.addEventListener('click', (event) => {
  const drawn = event.target.closest('[data-drawn]')?.dataset.drawn;
  if (drawn) [...document.querySelectorAll('#truth label')].find((label) => label.textContent.trim() === drawn)?.click();
  // Within the frame a link may not leave it, and the page around can go there without loading anew.
  const plain = !(event.ctrlKey || event.metaKey || event.shiftKey);
  if (event.target.closest('.why') && parent !== window && plain) { event.preventDefault(); tell({ open: Date.now() }); }
});
watch('value', tellOnce);"""

    def __init__(self, value: dict | None = None, **kw: Any) -> None:
        super().__init__(value, html_template=self.TEMPLATE, js_on_load=self.JS, **kw)


class Seen(_Part):
    """The pixels that go into the network; value: {"image": a data URL, empty before anything is drawn, "told": how it was made}."""

    TEMPLATE = """<figure class="seen"><span class="pixels">
${value.image ? `<img src="${value.image}" alt="Your picture as the network gets it">` : ''}</span>
<figcaption><b>What the network sees</b> ${value.told}</figcaption></figure>"""

    def __init__(self, value: dict[str, str] | None = None, **kw: Any) -> None:
        super().__init__(value, html_template=self.TEMPLATE, **kw)


class Examples(_Part):
    """One button a class; a click tells which, and the next click on the same one brings another image.

    value: {"sprite": a data URL of test images, a column a class and a row a turn, empty where there are none, "labels", "photo"}.
    """

    TEMPLATE = """<div class="examples ${value.photo ? 'photos' : ''}" role="group" aria-label="Images from the test set" ${value.sprite ? '' : 'hidden'}>
<b>Or use a <br>test ${value.photo ? 'image' : 'digit'}</b><div>
${value.labels.map((name, d) => `<button type="button" data-digit="${d}" aria-label="Put a test image of ${name} on the pad"
 title="${name}: put this test image on the pad; click again for another"><i style="background-image:url(${value.sprite});
background-position:${d * 100 / Math.max(1, value.labels.length - 1)}% 0;background-size:${value.labels.length * 100}% 300%"></i></button>`).join('')}</div></div>"""
    JS = """const turns = {};
element.addEventListener('click', (event) => { const digit = event.target.closest('[data-digit]')?.dataset.digit;
  if (digit === undefined) return; const turn = turns[digit] = (turns[digit] ?? -1) + 1;
  trigger('click', {digit: Number(digit), turn}); });"""

    def __init__(self, value: dict[str, Any] | None = None, **kw: Any) -> None:
        super().__init__(value, html_template=self.TEMPLATE, js_on_load=self.JS, **kw)
