// SPDX-License-Identifier: BSD-3-Clause
// An identity provider for tests: npm's oidc-provider with users, clients and tokens as a centre's Keycloak has them,
// and with switches for everything that can go wrong (control.mjs). Started by `up`; loopback only.
import { createServer } from 'node:http';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Control } from './control.mjs';
import { makeProvider } from './configuration.mjs';
import { Store } from './store.mjs';

process.title = 'berth-idp'; // as `down` knows it by
const settings = JSON.parse(process.argv[2]);
const store = new Store(join(settings.state, 'store.json'), settings);
const control = new Control(store, settings);

// Keys changed: another provider on the same store. Answers that are under way end with the old one.
let provider, handle;
async function renew() {
  provider = await makeProvider(store, settings, control);
  handle = provider.callback();
  control.provider = provider;
}
control.renew = renew;
await renew();

const server = createServer((request, response) => {
  if (request.url.startsWith('/control')) return control.answer(request, response);
  return control.pass(request, response, () => handle(request, response));
});
server.listen(settings.port, '127.0.0.1', () => {
  writeFileSync(join(settings.state, 'run/provider.pid'), `${process.pid}\n`);
});

function stop() {
  store.save();
  process.exit(0);
}
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
