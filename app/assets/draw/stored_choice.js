() => {
  const name = new URLSearchParams(parent.location.hash.slice(1)).get('class');  // of a link with a drawing
  return name ? { name, origin: 'hand' } : JSON.parse(sessionStorage.getItem('lifelong.choice') ?? 'null');
}
