// SPDX-License-Identifier: BSD-3-Clause
// The list of users follows the servers without losing what is selected; all of a page are selected at once.
import { refresh } from './app.js';

const boxes = () => Array.from(document.querySelectorAll('input[name=user]'));
const chosen = () => boxes().filter((b) => b.checked);
const picked = new Set(chosen().map((b) => b.value)); // by name, for a fresh list has other boxes

function tell() {
  for (const b of document.querySelectorAll('[data-select-all]')) {
    b.hidden = false;
    b.textContent = boxes().length && chosen().length === boxes().length ? 'Select none' : 'Select all on this page';
  }
  const selected = document.getElementById('selected');
  if (selected) selected.textContent = chosen().length ? `${chosen().length} selected` : '';
}

// Somebody is at work in a field or a question: the page stays as it is.
const at_work = () => document.querySelector('dialog') || document.activeElement?.matches('input[type=text], select') ||
  document.querySelector('form[data-sent]');

async function look() {
  const live = document.getElementById('live')?.dataset.live;
  if (!live) return;
  if (document.visibilityState === 'visible' && !at_work()) {
    try {
      await refresh();
      for (const b of boxes()) b.checked = picked.has(b.value);
      tell();
    } catch { /* the hub is away for a moment: the next look tells */ }
  }
  wait();
}

function wait() {
  const live = Number(document.getElementById('live')?.dataset.live);
  if (live) setTimeout(look, 1000 * live);
}

function pick(box, on) {
  box.checked = on;
  if (on) picked.add(box.value); else picked.delete(box.value);
}

document.addEventListener('change', (e) => {
  if (!e.target.matches('input[name=user]')) return;
  pick(e.target, e.target.checked);
  tell();
});
document.addEventListener('click', (e) => {
  if (!e.target.closest('[data-select-all]')) return;
  const all = boxes().length !== chosen().length;
  for (const b of boxes()) pick(b, all);
  tell();
});

tell();
wait();
