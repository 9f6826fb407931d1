// SPDX-License-Identifier: BSD-3-Clause
// The provider's sign-in form.
async function formFields(request) {
  let text = '';
  for await (const piece of request) if ((text += piece).length > 10000) break;
  return new URLSearchParams(text);
}

const form = (uid, words) => `<!doctype html><html lang="en"><title>Identity provider</title>
<h1>Identity provider</h1><p role="alert">${words}</p>
<form method="post" action="/interaction/${uid}">
<label>Username <input name="username" autofocus></label>
<label>Password <input name="password" type="password"></label>
<button>Sign in at the provider</button></form></html>`;

// As middleware before oidc-provider's own routes.
export function addSignInPages(provider, store) {
  provider.use(async (ctx, next) => {
    const uid = /^\/interaction\/([\w-]+)$/.exec(ctx.path)?.[1];
    if (!uid) return next();
    await provider.interactionDetails(ctx.req, ctx.res);
    if (ctx.method !== 'POST') {
      ctx.body = form(uid, '');
      return undefined;
    }
    const said = await formFields(ctx.req);
    const user = store.users[said.get('username')];
    if (!user || user.password !== said.get('password') || !user.enabled) {
      ctx.status = 401;
      ctx.body = form(uid, user?.enabled === false ? 'Account is disabled' : 'Invalid username or password');
      return undefined;
    }
    ctx.respond = false;
    return provider.interactionFinished(ctx.req, ctx.res, { login: { accountId: user.name } });
  });
}
