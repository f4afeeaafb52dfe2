// Probability bars: a list of [class, width in per cent, probability, whether it is the true class]. Bars of the same
// classes are moved and not made anew, so that they glide.
const showBars = (list, bars) => {
  const same = list.children.length === bars.length && bars.every(([name], at) => list.children[at].dataset.name === name);
  if (!same) {
    list.innerHTML = bars.map(([name]) => `<li data-name="${name}"><b>${name}</b><span class="track"><i></i></span><span class="sure"></span></li>`).join('');
  }
  const top = Math.max(...bars.map(([, width]) => width));
  bars.forEach(([, width, share, isTrue], at) => {
    const item = list.children[at];
    item.className = `${isTrue ? 'drawn' : ''} ${width === top ? 'top' : ''}`;
    item.querySelector('i').style.width = `${width}%`;
    item.querySelector('.sure').textContent = share;
  });
};
