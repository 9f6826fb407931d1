// SPDX-License-Identifier: BSD-3-Clause
// node look.mjs PREVIEW_FOLDER OUT_FOLDER [NAME...]: pictures and axe-core's verdict of every page in light, dark and at 390 px.
// Needs npm's playwright-core and axe-core in NODE_PATH's folder, and /usr/bin/chromium.
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
const require = createRequire(join(process.env.NODE_PATH ?? '.', 'x.js'));
const { chromium } = require('playwright-core');
const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const [folder, out, ...only] = process.argv.slice(2);
mkdirSync(out, { recursive: true });
const types = { css: 'text/css', js: 'text/javascript', html: 'text/html; charset=utf-8', svg: 'image/svg+xml' };
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
const server = createServer((q, a) => {
  const path = join(folder, new URL(q.url, 'http://x').pathname);
  if (!existsSync(path)) { a.writeHead(404).end(); return; }
  a.writeHead(200, { 'Content-Type': types[path.split('.').pop()] ?? types.svg, 'Content-Security-Policy': policy });
  a.end(readFileSync(path));
}).listen(0, '127.0.0.1');
await new Promise((r) => server.on('listening', r));
const base = `http://127.0.0.1:${server.address().port}/`;

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-quic'] });
const looks = [['light', 'light', 1180, 860], ['dark', 'dark', 1180, 860], ['phone', 'light', 390, 780], ['phone-dark', 'dark', 390, 780]];
let bad = 0;
for (const [look, colorScheme, width, height] of looks) {
  const context = await browser.newContext({ colorScheme, viewport: { width, height }, reducedMotion: 'reduce', bypassCSP: false, timezoneId: 'Europe/Zurich' });
  for (const file of readdirSync(folder).filter((f) => f.endsWith('.html'))) {
    const name = file.slice(0, -5);
    if (only.length && !only.includes(name)) continue;
    const page = await context.newPage();
    const told = [];
    page.on('console', (m) => { if (m.type() === 'error' && !m.text().includes('404')) told.push(m.text()); });
    page.on('pageerror', (e) => told.push(String(e)));
    await page.goto(base + file, { waitUntil: 'load' });
    await page.waitForTimeout(50);
    await page.screenshot({ path: join(out, `${name}.${look}.png`), fullPage: true });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    if (wide > 0) { bad++; console.log(`${name} ${look}: overflows by ${wide} px`); }
    const small = await page.evaluate(() => [...document.querySelectorAll('.button, input:not([type=hidden],[type=radio],[type=checkbox]), select, summary')]
      .filter((e) => e.offsetParent && e.getBoundingClientRect().height < 43.5).map((e) => e.outerHTML.slice(0, 80)));
    for (const s of small) { bad++; console.log(`${name} ${look}: lower than 44 px: ${s}`); }
    for (const t of told) { bad++; console.log(`${name} ${look}: ${t}`); }
    for (const details of await page.$$('details')) await details.evaluate((d) => { d.open = true; });
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    for (const v of violations) {
      bad++;
      console.log(`${name} ${look}: ${v.impact} ${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 120) + ' ' + (n.any[0]?.message ?? '')).join(' | ')}`);
    }
    await page.close();
  }
  await context.close();
}
await browser.close();
server.close();
console.log(bad ? `${bad} findings` : 'nothing to find fault with');
process.exit(bad ? 1 : 0);
