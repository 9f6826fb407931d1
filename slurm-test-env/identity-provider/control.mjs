// SPDX-License-Identifier: BSD-3-Clause
// What tests may do to the provider, at /control (loopback, no secrets asked):
//
//   GET    /control            {"calls": {path: n}, "grants": {"refresh_token 200": n, ...}, "users": [...], ...}
//   DELETE /control/counts     begin at 0
//   PUT    /control/fault      {"path": "/token", "kind": ..., "seconds": n, "times": n}; without a path: every one
//   DELETE /control/fault      all is well again; what hangs is let go
//   PATCH  /control/settings   {"accessTokenSeconds": n, "refreshTokenSeconds": n}
//   PATCH  /control/users/X    {"enabled": false, "groups": [...], ...}; makes one that is not there
//   DELETE /control/users/X/sessions[?tell=1]   as an administrator signs somebody out, with back-channel logout
//   PATCH  /control/clients/X  {"enabled": false, "client_secret": ..., "backchannel_logout_uri": ...}
//   PATCH  /control/accounts   {"spawn-tester": "alice"}: under which name a client's own tokens go
//   POST   /control/keys       a new signing key; {"keep": false}: the old ones are published no more
//
// Faults: "500", "503" (an empty body), "429", "401" (the client is refused), "html" (no JSON), "hang" (no answer),
// "reset" (the connection ends unanswered), "lost" (the request is carried out, its answer is not sent),
// "delay" (answered after `seconds`).
import { makeKey } from './store.mjs';

const json = (response, status, body) => {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(body === undefined ? '' : JSON.stringify(body));
};

const refusals = {
  500: (r) => json(r, 500, { error: 'server_error', error_description: 'unexpected' }),
  503: (r) => { r.writeHead(503, { 'content-length': 0 }); r.end(); },
  429: (r) => json(r, 429, { error: 'slow_down' }),
  401: (r) => json(r, 401, { error: 'unauthorized_client',
    error_description: 'Invalid client or Invalid client credentials' }),
  html: (r) => { r.writeHead(200, { 'content-type': 'text/html' }); r.end('<h1>Maintenance</h1>'); },
  reset: (r) => r.socket.destroy(),
};

export class Control {
  constructor(store, settings) {
    Object.assign(this, { store, settings, fault: undefined, held: new Set() });
    this.forgetCounts();
  }

  forgetCounts() {
    this.calls = {};
    this.grants = {};
    this.atOnce = { now: 0, most: 0 }; // requests to the token endpoint
  }

  listenTo(provider) {
    const count = (ctx, outcome) => {
      const name = `${ctx.oidc?.params?.grant_type ?? 'unknown'} ${outcome}`;
      this.grants[name] = (this.grants[name] ?? 0) + 1;
    };
    provider.on('grant.success', (ctx) => count(ctx, 200));
    provider.on('grant.error', (ctx, error) => count(ctx, error.status ?? error.statusCode ?? 500));
    for (const event of ['server_error', 'grant.error', 'authorization.error', 'backchannel.error'])
      provider.on(event, (ctx, error) => console.log(event, error.message, error.error_detail ?? ''));
  }

  // Counts a request, then lets a fault or the provider answer.
  pass(request, response, proceed) {
    const path = request.url.split('?')[0].replace(/^\/(interaction|auth)\/.*/, '/$1');
    this.calls[path] = (this.calls[path] ?? 0) + 1;
    if (path === '/token') {
      this.atOnce.most = Math.max(this.atOnce.most, ++this.atOnce.now);
      response.on('close', () => { this.atOnce.now -= 1; });
    }
    const { fault } = this;
    if (!fault || (fault.path && fault.path !== path)) return proceed();
    if (fault.times && --fault.times === 0) this.fault = undefined;
    return this.fail(fault, response, proceed);
  }

  fail(fault, response, proceed) {
    if (fault.kind === 'delay') return setTimeout(proceed, fault.seconds * 1000);
    if (fault.kind === 'hang') return this.held.add(response);
    if (fault.kind === 'lost') {
      response.end = () => response.socket?.destroy();
      response.write = () => true;
      return proceed();
    }
    return refusals[fault.kind](response);
  }

  async answer(request, response) {
    try {
      let text = '';
      for await (const piece of request) text += piece;
      const { pathname, searchParams } = new URL(request.url, 'http://control');
      const [what = 'state', name] = pathname.split('/').slice(2);
      const answer = await this[`${request.method} ${what}`](text ? JSON.parse(text) : {}, name, searchParams);
      this.store.changed();
      json(response, 200, answer ?? {});
    } catch (error) {
      json(response, 400, { error: `${request.method} ${request.url}: ${error.message}` });
    }
  }

  'GET state'() {
    const { calls, grants, settings, atOnce } = this;
    const fault = this.fault ?? null;
    const users = Object.values(this.store.users).map(({ name, enabled, groups }) => ({ name, enabled, groups }));
    return { calls, grants, token_calls_at_once: atOnce.most, fault, users, settings,
      keys: this.store.keys.map((key) => key.kid) };
  }

  'DELETE counts'() { this.forgetCounts(); }

  'PUT fault'(fault) {
    if (!refusals[fault.kind] && !['delay', 'hang', 'lost'].includes(fault.kind)) throw new Error('no such fault');
    this.fault = fault;
  }

  'DELETE fault'() {
    this.fault = undefined;
    for (const response of this.held) response.socket?.destroy();
    this.held.clear();
  }

  'PATCH settings'(changes) { Object.assign(this.settings, changes); }

  'PATCH users'(changes, name) {
    const user = this.store.users[name] ?? { name, password: name, groups: [], enabled: true, given_name: name,
      family_name: 'Example', email: `${name}@example.org` };
    this.store.users[name] = { ...user, ...changes };
  }

  async 'DELETE users'(body, name, options) {
    const gone = this.store.forget(name);
    const told = [];
    for (const { model, payload } of gone) {
      if (model !== 'Session' || !options.get('tell')) continue;
      for (const [clientId, { sid }] of Object.entries(payload.authorizations ?? {})) {
        const client = await this.provider.Client.find(clientId);
        if (!client?.backchannelLogoutUri) continue;
        told.push(await client.backchannelLogout(name, sid).then(() => 'accepted', (error) => error.message));
      }
    }
    return { ended: gone.filter(({ model }) => model === 'Session').length, told };
  }

  'PATCH clients'({ enabled, ...changes }, name) {
    if (!this.store.clients[name]) throw new Error('no such client');
    if (enabled === false) this.store.disabledClients.add(name);
    if (enabled === true) this.store.disabledClients.delete(name);
    this.store.clients[name] = { ...this.store.clients[name], ...changes };
  }

  'PATCH accounts'(changes) { Object.assign(this.store.accounts, changes); }

  async 'POST keys'({ keep = true }) {
    const key = makeKey(`key-${Date.now()}`);
    this.store.keys = [key, ...(keep ? this.store.keys : [])];
    await this.renew();
    return { kid: key.kid };
  }
}
