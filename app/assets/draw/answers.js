// Asks the server what the networks make of the pad, and hands the answers to the parts of the page. A part tells its
// value by the event 'lifelong:input', { pad | run | choice | label | others | within | spoke: value, quiet: whether no answer is wanted yet }.
// The newest input is always the one that is answered last, however many came while an answer was under way.
(() => {
  const AT_ONCE = 2;  // requests: the next one is on its way while an answer travels
  const FIRST_WAIT = 500, LONGEST_WAIT = 8000;  // ms until a failed request is tried again
  const input = { pad: { image: '' }, run: '', choice: { name: '', origin: '' }, label: false, others: [], within: false, spoke: false };
  let asked = 0, shown = 0, open = 0, stale = false, wait = FIRST_WAIT, timer = null;

  const publish = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

  function retry(number, error) {
    if (number < asked || stale) return;
    publish('lifelong:trouble', { error });
    timer = setTimeout(ask, wait);
    wait = Math.min(2 * wait, LONGEST_WAIT);
  }

  // Another run was just chosen: its classes are on their way, and ask.
  const classesMissing = () => Boolean(input.choice.run) && input.choice.run !== input.run;
  // What a blank pad shows depends on no class of another run, so that it is shown at once.
  const blank = () => !input.pad.image;

  async function request(number) {
    const run = input.run, choice = classesMissing() ? { name: '', origin: '', run } : input.choice;
    const body = JSON.stringify({ ...input, choice });
    const options = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body };
    const response = await fetch('../answer', options);
    const values = await response.json();
    if (response.status >= 500) return retry(number, values.error);
    wait = FIRST_WAIT;
    if (number < shown || run !== input.run) return;
    shown = number;
    publish(response.ok ? 'lifelong:values' : 'lifelong:trouble', values);
  }

  async function ask() {
    clearTimeout(timer);
    if (classesMissing() && !blank()) { stale = false; return; }
    if (open >= AT_ONCE) { stale = true; return; }
    stale = false;
    open += 1;
    const number = asked += 1;
    try {
      await request(number);
    } catch {  // no server, or none of this project answers
      retry(number, 'The server does not answer at the moment; your drawing is kept, and this page tries again.');
    }
    open -= 1;
    if (stale) ask();
  }

  document.addEventListener('lifelong:input', ({ detail: { quiet, ...values } }) => {
    const before = input.run;
    Object.assign(input, values);
    if (quiet && !(before && input.run !== before && blank())) return;
    wait = FIRST_WAIT;
    ask();
  });
})();
