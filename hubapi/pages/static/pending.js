// SPDX-License-Identifier: BSD-3-Clause
// The timeline follows the server's progress events; when it is ready, the page goes where it was meant to go.
import { refresh, reload, say } from './app.js';

let under_way = false, again = false;

async function follow() {
  if (under_way) { again = true; return; }
  under_way = true;
  try {
    if (!await refresh()) { reload(); return; }
    say(document.getElementById('live-text')?.textContent ?? '');
  } catch { /* the hub is away for a moment */ }
  under_way = false;
  if (again) { again = false; follow(); }
}

function listen() {
  const url = document.getElementById('live')?.dataset.events;
  if (!url) { setInterval(follow, 2000); return; } // it is stopping
  const events = new EventSource(url);
  events.onmessage = (e) => {
    const told = JSON.parse(e.data);
    if (told.ready || told.failed) { events.close(); reload(); return; }
    follow();
  };
  events.onerror = () => { if (events.readyState === EventSource.CLOSED) setTimeout(listen, 3000); follow(); };
}

listen();
setInterval(follow, 10000); // what no event tells: an estimate that moved, a cluster that went away
