// SPDX-License-Identifier: BSD-3-Clause
// How oidc-provider is set up: like a centre's Keycloak where it can be.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { addSignInPages } from './pages.mjs';

const resource = 'urn:hpc:firecrest';

function claimsOf(user) {
  return {
    sub: user.name, preferred_username: user.name, name: `${user.given_name} ${user.family_name}`,
    given_name: user.given_name, family_name: user.family_name, email: user.email, email_verified: true,
    groups: user.groups, realm_access: { roles: user.roles ?? [] },
  };
}

function configure(store, settings, interactionPolicy) {
  const policy = interactionPolicy.base();
  policy.remove('consent'); // native clients would see it every time
  const account = (name) => {
    const user = store.users[name];
    return user?.enabled ? { accountId: name, claims: async () => claimsOf(user) } : undefined;
  };
  return {
    adapter: (model) => store.adapter(model),
    jwks: { keys: store.keys },
    cookies: { keys: [store.cookieKey] },
    findAccount: async (ctx, name) => account(name),
    claims: {
      openid: ['sub', 'sid'], email: ['email', 'email_verified'], groups: ['groups'],
      profile: ['preferred_username', 'name', 'given_name', 'family_name', 'groups', 'realm_access'],
    },
    scopes: ['openid', 'offline_access', 'firecrest-v2'],
    conformIdTokenClaims: false, // the id_token says who somebody is, as Keycloak's
    pkce: { required: () => false },
    interactions: { policy, url: async (ctx, interaction) => `/interaction/${interaction.uid}` },
    rotateRefreshToken: true,
    issueRefreshToken: async (ctx, client) => client.grantTypeAllowed('refresh_token'),
    loadExistingGrant: grantEverything,
    formats: { customizers: { jwt: plainType } },
    extraTokenClaims: async (ctx, token) => extraClaims(store, token),
    fetch: (url, { dispatcher, ...options }) => fetch(url, options), // loopback is what we want
    ttl: {
      AccessToken: () => settings.accessTokenSeconds, ClientCredentials: () => settings.accessTokenSeconds,
      AuthorizationCode: 60, IdToken: () => settings.accessTokenSeconds, Interaction: 600,
      RefreshToken: () => settings.refreshTokenSeconds, Session: 1800, Grant: 36000,
    },
    features: {
      devInteractions: { enabled: false }, clientCredentials: { enabled: true }, introspection: { enabled: true },
      revocation: { enabled: true }, backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true, logoutSource: confirmSignOut },
      // Access tokens are JWTs for the cluster: good at FirecREST and at slurmctld.
      resourceIndicators: {
        enabled: true, defaultResource: async () => resource, useGrantedResource: async () => true,
        getResourceServerInfo: async () => ({
          scope: 'openid profile email groups offline_access firecrest-v2', audience: 'firecrest',
          accessTokenTTL: settings.accessTokenSeconds, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  };
}

// Keycloak's are just as plain, and slurmctld takes no other type (its libjwt: "at+jwt" is an invalid argument).
function plainType(ctx, token, jwt) {
  jwt.header = { typ: 'JWT' };
}

async function grantEverything(ctx) {
  const { provider, session, client, params } = ctx.oidc;
  const known = session.grantIdFor(client.clientId);
  const grant = (known && await provider.Grant.find(known)) ||
    new provider.Grant({ accountId: session.accountId, clientId: client.clientId });
  grant.addOIDCScope(params.scope ?? 'openid');
  grant.addResourceScope(resource, params.scope ?? 'openid');
  await grant.save();
  return grant;
}

// What FirecREST (preferred_username, email with given_name) and slurmctld (`sun`) look for, and Keycloak's `azp`.
function extraClaims(store, token) {
  const user = store.users[token.accountId];
  const { sub, ...about } = user ? claimsOf(user) : { preferred_username: store.accounts[token.clientId] };
  return { ...about, azp: token.clientId, sun: about.preferred_username };
}

function confirmSignOut(ctx, form) {
  ctx.body = `<!doctype html><title>Sign out</title>${form}
    <button form="op.logoutForm" name="logout" value="yes" autofocus>Sign out</button>`;
}

export async function makeProvider(store, settings, control) {
  const require = createRequire(join(settings.modules, 'index.js'));
  const { Provider, interactionPolicy } = await import(pathToFileURL(require.resolve('oidc-provider')));
  const provider = new Provider(settings.issuer, configure(store, settings, interactionPolicy));
  addSignInPages(provider, store);
  control.listenTo(provider);
  return provider;
}
