// SPDX-License-Identifier: BSD-3-Clause
// Everything that the provider remembers: users, clients, keys, and oidc-provider's own records. Kept in one file, so
// that sessions, refresh tokens and signing keys outlive a restart.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { generateKeyPairSync, randomBytes } from 'node:crypto';

const person = (name, groups) => ({
  name, password: name, groups, given_name: name[0].toUpperCase() + name.slice(1), family_name: 'Example',
  email: `${name}@example.org`, enabled: true,
});

export function makeKey(id) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: id, alg: 'RS256', use: 'sig' };
}

function clients(settings) {
  const callbacks = settings.paths.flatMap((path) => ['127.0.0.1', 'localhost'].map((host) => `http://${host}${path}`));
  return {
    // "native": a loopback redirect is good with any port. After signing out any page of the hub will do.
    hub: {
      client_id: 'hub', client_secret: 'hub-secret', application_type: 'native', redirect_uris: callbacks,
      post_logout_redirect_uris: callbacks.map((uri) => uri.replace(/oauth_callback$/, 'login'))
        .concat(callbacks.map((uri) => uri.replace(/oauth_callback$/, '')))
        .concat(callbacks.map((uri) => uri.replace(/oauth_callback$/, 'logout'))),
      grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
    },
    'spawn-tester': {
      client_id: 'spawn-tester', client_secret: 'spawn-tester-secret', grant_types: ['client_credentials'],
      redirect_uris: [], response_types: [],
    },
  };
}

export class Store {
  constructor(file, settings) {
    this.file = file;
    this.timer = undefined;
    const kept = existsSync(file) ? JSON.parse(readFileSync(file)) : {};
    this.records = new Map(kept.records ?? []);
    this.keys = kept.keys ?? [makeKey('key-1')];
    this.cookieKey = kept.cookieKey ?? randomBytes(24).toString('hex');
    this.users = kept.users ?? {
      alice: person('alice', ['hpc-users', 'hub-admins', 'proj01']),
      bob: person('bob', ['hpc-users']),
      carol: person('carol', []),
    };
    this.clients = kept.clients ?? clients(settings);
    this.disabledClients = new Set(kept.disabledClients ?? []);
    // Under which name a client's own tokens go.
    this.accounts = kept.accounts ?? { 'spawn-tester': 'service-account-spawn-tester' };
  }

  save() {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { keys, cookieKey, users, clients: known, accounts } = this;
    const text = JSON.stringify({ keys, cookieKey, users, clients: known, accounts,
      disabledClients: [...this.disabledClients], records: [...this.records] });
    writeFileSync(`${this.file}.new`, text, { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
  }

  changed() {
    this.timer ??= setTimeout(() => this.save(), 200);
  }

  // oidc-provider's adapter for one of its models.
  adapter(model) {
    const { records } = this;
    const store = this;
    const key = (id) => `${model}:${id}`;
    const live = (id) => {
      const record = records.get(key(id));
      if (record?.until && record.until < Date.now()) records.delete(key(id));
      return records.get(key(id))?.payload;
    };
    const search = (test) => {
      for (const [name, { payload }] of records)
        if (name.startsWith(`${model}:`) && test(payload)) return live(name.slice(model.length + 1));
      return undefined;
    };
    return {
      async upsert(id, payload, seconds) {
        records.set(key(id), { payload, until: seconds ? Date.now() + seconds * 1000 : undefined });
        store.changed();
      },
      async find(id) {
        if (model === 'Client') return store.disabledClients.has(id) ? undefined : store.clients[id];
        return live(id);
      },
      async findByUid(uid) { return search((payload) => payload.uid === uid); },
      async findByUserCode(code) { return search((payload) => payload.userCode === code); },
      async consume(id) {
        const payload = live(id);
        if (payload) payload.consumed = Math.floor(Date.now() / 1000);
        store.changed();
      },
      async destroy(id) {
        records.delete(key(id));
        store.changed();
      },
      async revokeByGrantId(grantId) {
        for (const [name, { payload }] of records) if (payload.grantId === grantId) records.delete(name);
        store.changed();
      },
    };
  }

  // Sessions, grants, codes and refresh tokens of a user. What they were.
  forget(accountId) {
    const gone = [];
    for (const [name, { payload }] of this.records)
      if (payload.accountId === accountId) {
        gone.push({ model: name.split(':', 1)[0], payload });
        this.records.delete(name);
      }
    this.changed();
    return gone;
  }
}
