// SPDX-License-Identifier: BSD-3-Clause
// What every page gains from scripts: local times, counting seconds, copying, asking before what cannot be undone.
const hours = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const days = new Intl.DateTimeFormat([], { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const years = new Intl.DateTimeFormat([], { dateStyle: 'medium' });

function local(iso) {
  const t = new Date(iso), now = new Date();
  if (t.toDateString() === now.toDateString()) return hours.format(t);
  return t.getFullYear() === now.getFullYear() ? days.format(t) : years.format(t);
}

function words(seconds) {
  const s = Math.max(0, Math.floor(seconds)), m = Math.floor(s / 60), h = Math.floor(m / 60);
  if (h) return `${h} h ${m % 60} min`;
  return m ? `${m} min ${s % 60} s` : `${s} s`;
}

function dress(root = document) {
  for (const t of root.querySelectorAll('time[datetime]')) {
    const d = new Date(t.dateTime);
    if (isNaN(d)) continue;
    t.title = d.toLocaleString();
    t.textContent = local(t.dateTime);
  }
  for (const b of root.querySelectorAll('[data-copy]')) b.hidden = false;
}

function count() {
  for (const e of document.querySelectorAll('[data-since]'))
    e.textContent = words((Date.now() - new Date(e.dataset.since)) / 1000);
}

export function say(text) {
  const spoken = document.getElementById('spoken');
  if (spoken && spoken.textContent !== text) spoken.textContent = text;
}

// The page again, unless the browser is on its way elsewhere: then a reload would call it back.
let leaving = false;
window.addEventListener('beforeunload', () => { leaving = true; });
export function reload() {
  if (!leaving) location.reload();
  leaving = true;
}

// The hub gives a signed-in page to scripts that show the session's token only.
const headers = () => ({ Accept: 'text/html', 'X-XSRFToken': document.cookie.match(/(?:^|; )_xsrf=([^;]*)/)?.[1] ?? '' });

// Takes #live out of a fresh copy of this page; focus and opened details stay. False when the page is now another one.
export async function refresh() {
  const answer = await fetch(location.href, { headers: headers(), cache: 'no-store', redirect: 'manual' });
  if (answer.type === 'opaqueredirect') return false;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = page.getElementById('live'), old = document.getElementById('live');
  if (!fresh || !old) return false;
  dress(fresh);
  if (fresh.innerHTML === old.innerHTML) return true;
  const focus = document.activeElement?.id;
  for (const d of old.querySelectorAll('details[open][id]')) {
    const same = fresh.querySelector(`#${CSS.escape(d.id)}`);
    if (same) same.open = true;
  }
  old.replaceWith(document.adoptNode(fresh));
  if (document.title !== page.title) document.title = page.title;
  if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
  return true;
}

// A link with data-ask leads to a page that asks; with scripts the question comes here.
async function ask(link) {
  const answer = await fetch(link.href, { headers: headers(), cache: 'no-store' });
  const question = new DOMParser().parseFromString(await answer.text(), 'text/html').querySelector('.ask');
  if (!answer.ok || answer.redirected || !question) { location.assign(link.href); return; }
  const dialog = document.createElement('dialog');
  dialog.setAttribute('aria-labelledby', 'ask-title');
  dialog.setAttribute('aria-describedby', 'ask-text');
  question.removeAttribute('aria-labelledby');
  question.removeAttribute('aria-describedby');
  dialog.append(document.adoptNode(question));
  dialog.querySelector('#ask-back').addEventListener('click', (e) => { e.preventDefault(); dialog.close(); });
  dialog.addEventListener('close', () => { dialog.remove(); link.focus(); });
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector('#ask-back').focus();
}

document.addEventListener('click', (e) => {
  const link = e.target.closest('a[data-ask]');
  if (link && !e.ctrlKey && !e.metaKey && !e.shiftKey) {
    e.preventDefault();
    ask(link).catch(() => location.assign(link.href));
  }
  const copy = e.target.closest('[data-copy]');
  if (copy) {
    const source = document.getElementById(copy.dataset.copy);
    navigator.clipboard?.writeText(source.textContent).then(
      () => { copy.textContent = 'Copied'; }, () => getSelection().selectAllChildren(source));
    if (!navigator.clipboard) getSelection().selectAllChildren(source);
  }
});

// A form is sent once, however often its button is pressed.
document.addEventListener('submit', (e) => {
  if (e.target.dataset.sent) e.preventDefault();
  e.target.dataset.sent = '1';
});

// A page that comes back by the back button may belong to somebody who has signed out since.
window.addEventListener('pageshow', (e) => { if (e.persisted) location.reload(); });

dress();
count();
setInterval(count, 1000);
