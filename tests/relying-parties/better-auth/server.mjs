// A relying party on better-auth with its passkey plugin, as the two installation pages have it: `betterAuth` with e-mail and password
// and `passkey()`, both with their defaults, behind `toNodeHandler`. Everything that is spoken below /api/auth is better-auth's own.

import { randomBytes, webcrypto } from 'node:crypto';
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';

import { passkey } from '@better-auth/passkey';
import { betterAuth } from 'better-auth';
import { memoryAdapter } from 'better-auth/adapters/memory';
import { toNodeHandler } from 'better-auth/node';

// Node 18, which Debian 12 has, lacks this global; it is looked up at the first use.
globalThis.crypto ??= webcrypto;

const { values: args } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'rp-id': { type: 'string', default: 'localhost' }, // not passed on: the plugin takes the host of `baseURL`
    origin: { type: 'string', default: 'http://localhost' },
  },
});

const auth = betterAuth({
  baseURL: args.origin, // BETTER_AUTH_URL of the documentation
  secret: randomBytes(32).toString('base64'), // BETTER_AUTH_SECRET, new with every start
  // The adapter that better-auth has for tests; SQLite would need a native module or a newer Node.
  database: memoryAdapter({ user: [], session: [], account: [], verification: [], passkey: [] }),
  // A passkey is registered by somebody who is signed in already, so there must be another way to sign up. It verifies no address by default.
  emailAndPassword: { enabled: true },
  plugins: [passkey()],
  // The rate limits are left alone: they are off unless NODE_ENV is `production`.
});

const server = createServer(toNodeHandler(auth));
server.listen(Number(args.port), '127.0.0.1', () => {
  console.log(`listening on ${server.address().port}`);
});
