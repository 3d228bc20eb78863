// A relying party on fido2-lib, filled in from the sketch in its README: express, express-session, users in memory, the challenge in the
// session, one try around each function that "will throw on error". It speaks the FIDO conformance server API. Where the sketch says
// nothing, nothing is done (it does not say that a challenge is taken out again), and `factor` is what it has: it stands for what people copy.

import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';

import express from 'express';
import session from 'express-session';
// Its `main` needs `require` of an ES module, which Node 18 doesn't have; this is its `module`, the source that `main` is made of.
import { Fido2Lib } from 'fido2-lib/lib/main.js';

const { values: args } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'rp-id': { type: 'string', default: 'localhost' },
    origin: { type: 'string', default: 'http://localhost' },
  },
});
const { origin } = args;

// The README's values, but for three: `timeout: 42` (milliseconds, which nobody can keep), `rpIcon` (which points to another host) and
// `authenticatorAttachment: "platform"` (which would shut out security keys).
const f2l = new Fido2Lib({
  rpId: args['rp-id'],
  rpName: 'ACME',
  challengeSize: 128,
  attestation: 'none',
  cryptoParams: [-7, -257],
  authenticatorRequireResidentKey: false,
  authenticatorUserVerification: 'required',
});

/** User name to user. */
const users = new Map();

const text = (bytes) => Buffer.from(bytes).toString('base64url');
// The library wants `id` as an ArrayBuffer, though it takes everything else as text.
const received = (body) => ({ ...body, id: new Uint8Array(Buffer.from(body.id, 'base64url')).buffer });
/** The credentials of an account; without a user name nothing, and the authenticator offers its discoverable ones. */
const allowed = (username) => users.get(username)?.credentials.map(({ id }) => ({ type: 'public-key', id }));
const failed = (res, message) => res.status(400).send({ status: 'failed', errorMessage: message });

const app = express();
app.use(express.json());
app.use(session({ secret: randomBytes(32).toString('hex'), saveUninitialized: true, resave: false }));

app.post('/attestation/options', async (req, res) => {
  const { username, displayName } = req.body;
  if (!users.has(username)) {
    users.set(username, { id: text(randomBytes(16)), username, credentials: [] });
  }
  const user = users.get(username);

  const options = await f2l.attestationOptions();
  options.challenge = text(options.challenge);
  options.user = { id: user.id, name: username, displayName };

  req.session.username = username;
  req.session.challenge = options.challenge;
  res.send({ status: 'ok', errorMessage: '', ...options });
});

app.post('/attestation/result', async (req, res) => {
  try {
    const result = await f2l.attestationResult(received(req.body), { challenge: req.session.challenge, origin, factor: 'either' });
    users.get(req.session.username).credentials.push({
      id: text(result.authnrData.get('credId')),
      publicKey: result.authnrData.get('credentialPublicKeyPem'),
      counter: result.authnrData.get('counter'),
    });
  } catch (error) {
    return failed(res, error.message);
  }
  res.send({ status: 'ok', errorMessage: '' });
});

app.post('/assertion/options', async (req, res) => {
  const { username } = req.body;
  if (username !== undefined && !users.has(username)) {
    return failed(res, 'There is no user of that name');
  }

  const options = await f2l.assertionOptions();
  options.challenge = text(options.challenge);
  options.allowCredentials = allowed(username);

  req.session.username = username;
  req.session.challenge = options.challenge;
  res.send({ status: 'ok', errorMessage: '', ...options });
});

app.post('/assertion/result', async (req, res) => {
  try {
    const user = [...users.values()].find(({ credentials }) => credentials.some(({ id }) => id === req.body.id));
    if (!user) {
      return failed(res, 'There is no such credential');
    }
    const credential = user.credentials.find(({ id }) => id === req.body.id);

    const result = await f2l.assertionResult(received(req.body), {
      allowCredentials: allowed(req.session.username),
      challenge: req.session.challenge,
      origin,
      factor: 'either',
      publicKey: credential.publicKey,
      prevCounter: credential.counter,
      userHandle: user.id, // not in the README's sketch, but the library refuses every log-in without it
    });
    credential.counter = result.authnrData.get('counter');
  } catch (error) {
    return failed(res, error.message);
  }
  res.send({ status: 'ok', errorMessage: '' });
});

const server = app.listen(Number(args.port), '127.0.0.1', () => {
  console.log(`listening on ${server.address().port}`);
});
