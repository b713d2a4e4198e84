// An OpenID provider for tests, on loopback: the certified library oidc-provider, four users, and a login form that plain HTTP can fill in.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { Provider } from 'oidc-provider';

const [, , port, folder] = process.argv;
const issuer = `https://localhost:${port}`;
const users = {
  alice: { name: 'Alice Example', email: 'alice@example.net', groups: ['cloud-admins', 'everybody'] },
  bob: { name: 'Bob Example', email: 'bob@example.net', groups: ['cloud-developers', 'everybody'] },
  carol: { name: 'Carol Example', email: 'carol@example.net', groups: ['everybody'] },
  admin: { name: 'Not the local administrator', email: 'other@example.net', groups: ['cloud-admins'] },
};
const redirects = [
  'http://127.0.0.1/callback', 'https://cloud.example.net/sso/callback', 'https://cloud.example.net/api/v2/sign-ons/company/callback',
];
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'tenantry', client_secret: 'tenantry-client-secret', application_type: 'native', redirect_uris: redirects,
      grant_types: ['authorization_code'], response_types: ['code'],
    },
    {
      client_id: 'tenantry-es', client_secret: 'tenantry-client-secret', application_type: 'native', redirect_uris: redirects,
      grant_types: ['authorization_code'], response_types: ['code'], id_token_signed_response_alg: 'ES256',
    },
  ],
  pkce: { required: () => true },
  claims: { openid: ['sub'], profile: ['name', 'preferred_username'], email: ['email', 'email_verified'], groups: ['groups'] },
  scopes: ['openid', 'profile', 'email', 'groups'],
  features: { devInteractions: { enabled: false } },
  enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256'] },
  jwks: JSON.parse(readFileSync(`${folder}/jwks.json`)),
  cookies: { keys: ['a key of the tests'] },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  async findAccount(_, id) {
    const login = id.replace('subject-of-', '');
    const user = users[login];
    return user && { accountId: id, claims: async () => ({ sub: id, preferred_username: login, email_verified: true, ...user }) };
  },
  // groups and names are asked for at the userinfo endpoint, as most providers have it
  conformIdTokenClaims: true,
  renderError(ctx, out) {
    ctx.type = 'json';
    ctx.body = out;
  },
});

async function read(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return new URLSearchParams(text);
}

const callback = provider.callback();
const tls = { key: readFileSync(`${folder}/server.key`), cert: readFileSync(`${folder}/server.pem`) };
createServer(tls, async (request, response) => {
  const path = new URL(request.url, issuer).pathname;
  if (!path.startsWith('/interaction/')) return callback(request, response);
  try {
    const details = await provider.interactionDetails(request, response);
    if (request.method === 'GET' && details.prompt.name === 'login') {
      response.setHeader('content-type', 'text/html');
      return response.end(`<form method="post" action="${path}"><input name="login"><input name="password" type="password"><button>Log in</button></form>`);
    }
    if (details.prompt.name === 'login') {
      const form = await read(request);
      const known = users[form.get('login')] && form.get('password') === `${form.get('login')}-password`;
      const result = known ? { login: { accountId: `subject-of-${form.get('login')}` } } : { error: 'access_denied', error_description: 'wrong user or password' };
      return await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    }
    // consent is given without a question
    const grant = new provider.Grant({ accountId: details.session.accountId, clientId: details.params.client_id });
    grant.addOIDCScope(details.params.scope);
    const grantId = await grant.save();
    return await provider.interactionFinished(request, response, { consent: { grantId } }, { mergeWithLastSubmission: true });
  } catch (error) {
    response.statusCode = 400;
    response.end(String(error));
  }
}).listen(Number(port), '127.0.0.1');
