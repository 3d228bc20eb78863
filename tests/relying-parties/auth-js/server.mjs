// A relying party on Auth.js with its passkey provider, as the pages on @auth/express, the provider and the unstorage adapter have it.
// Everything that is spoken below /auth is Auth.js' own.

import { randomBytes, webcrypto } from 'node:crypto';
import { parseArgs } from 'node:util';

import { ExpressAuth } from '@auth/express';
import Passkey from '@auth/express/providers/passkey';
import { UnstorageAdapter } from '@auth/unstorage-adapter';
import express from 'express';
import { createStorage } from 'unstorage';

// Node 18, which Debian 12 has, lacks this global; it is looked up at the first use.
globalThis.crypto ??= webcrypto;

const { values: args } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'rp-id': { type: 'string', default: 'localhost' }, // not passed on: the provider takes the host of the request's URL
    origin: { type: 'string', default: 'http://localhost' },
  },
});

const app = express();
app.set('trust proxy', true);
// Stands for the proxy that ends TLS in front of the server, and which the line above is documented for: without it Auth.js thinks that it
// is spoken to by plain HTTP, and expects `http://` in every client data.
app.use((req, res, next) => {
  req.headers['x-forwarded-proto'] = new URL(args.origin).protocol.slice(0, -1);
  next();
});
app.use(
  '/auth/*',
  ExpressAuth({
    secret: randomBytes(32).toString('hex'), // AUTH_SECRET of the documentation, new with every start
    adapter: UnstorageAdapter(createStorage()), // in memory unless it is given a driver
    providers: [Passkey],
    experimental: { enableWebAuthn: true }, // the provider refuses to work without
  }),
);

const server = app.listen(Number(args.port), '127.0.0.1', () => {
  console.log(`listening on ${server.address().port}`);
});
