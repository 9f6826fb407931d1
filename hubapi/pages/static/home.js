// SPDX-License-Identifier: BSD-3-Clause
// The cards follow their servers without a reload.
import { refresh, reload, say } from './app.js';

const states = () => Array.from(document.querySelectorAll('.server'),
  (s) => `${s.querySelector('h2').textContent}: ${s.querySelector('.chip').textContent}`).join('. ');

async function look() {
  if (document.visibilityState === 'visible' && !document.querySelector('dialog')) {
    const before = states();
    try {
      if (!await refresh()) { reload(); return; }
    } catch { /* the hub is away for a moment: the next look tells */ }
    if (states() !== before) say(states());
  }
  setTimeout(look, 1000 * (Number(document.getElementById('live').dataset.live) || 15));
}

setTimeout(look, 1000 * (Number(document.getElementById('live')?.dataset.live) || 15));
document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') refresh().catch(() => {}); });
