// SPDX-License-Identifier: BSD-3-Clause
// Asks again when the time that the hub named is over.
import './app.js';

const left = document.querySelector('[data-retry]');
const due = Date.now() + 1000 * Number(left.dataset.retry);
document.getElementById('waiting').hidden = false;
const clock = setInterval(() => {
  const seconds = Math.max(0, Math.ceil((due - Date.now()) / 1000));
  left.textContent = seconds;
  if (seconds) return;
  clearInterval(clock);
  document.getElementById('again').requestSubmit();
}, 1000);
