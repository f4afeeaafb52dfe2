// A card of a strip as HTML. contest: the words of its button; controls: the id of what the button opens, empty for none.
const lifelongCard = (card, contest, controls = '') => `
  <li class="card" data-after="${card.after}" data-known="${card.known}" aria-label="${card.description}">
    <span class="when">${card.heading}</span>
    <span class="taught">${card.classes.map(({ name, is_true_class }) =>
      `<b class="${is_true_class ? 'drawn' : ''}">${name}</b>`).join(' ')}</span>
    <span class="said ${card.prediction.length > 8 ? 'longest' : card.prediction.length > 2 ? 'long' : ''}">${card.prediction}</span>
    <span class="track"><i style="width:${card.width}%"></i></span>
    <span class="sure">${card.confidence}</span>
    <span class="verdict">${card.verdict}</span>
    <button type="button" class="more" ${controls && `aria-controls="${controls}"`} ${card.bars.length ? '' : 'hidden'}><span class="unseen">All probabilities: ${contest}</span></button>
  </li>`;
