// Gradio's server closes the stream of answers after the last one. An event that arrives just then is answered into no
// stream, and its answer waits until another event opens one. This notices it and asks for such an event.
(() => {
  const WAKES = 3;  // for one answer; then the server has none
  const fetchPage = window.fetch, open = new Map(), completed = new Set();
  let streams = 0;

  const note = (line) => {
    const message = line.startsWith('data:') ? JSON.parse(line.slice(5)) : {};
    if (message.msg !== 'process_completed') return;
    completed.add(message.event_id);
    open.delete(message.event_id);
  };

  async function follow(stream) {
    const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
    let rest = '';
    streams += 1;
    try {
      for (let part = await reader.read(); !part.done; part = await reader.read()) {
        const lines = (rest + part.value).split('\n');
        rest = lines.pop();
        lines.forEach(note);
      }
    } catch {
      // The client ended the stream.
    }
    streams -= 1;
  }

  window.fetch = async (...request) => {
    const response = await fetchPage(...request), url = String(request[0]?.url ?? request[0]);
    if (url.includes('/queue/data')) follow(response.clone().body);
    if (url.includes('/queue/join') && response.ok) {
      const { event_id } = await response.clone().json();
      if (!completed.has(event_id)) open.set(event_id, 0);
    }
    return response;
  };

  setInterval(() => {
    if (streams || !open.size) return;
    for (const [event, wakes] of open) wakes < WAKES ? open.set(event, wakes + 1) : open.delete(event);
    document.dispatchEvent(new CustomEvent('lifelong:unanswered'));
  }, 1000);
})();
