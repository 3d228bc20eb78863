// A relying party on @simplewebauthn/server, the plain way its example project shows: express, express-session,
// users in memory, the challenge in the session, one try around each verify function. It speaks the FIDO
// conformance server API. Not hardened on purpose: it stands for what people copy.

import { webcrypto } from 'node:crypto';
import { parseArgs } from 'node:util';

import express from 'express';
import session from 'express-session';
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';

// The library wants Node 20. Node 18, which Debian 12 has, lacks only these two as globals; they are looked up at the first use.
globalThis.crypto ??= webcrypto;
globalThis.SubtleCrypto ??= webcrypto.subtle.constructor;

const { values: args } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'rp-id': { type: 'string', default: 'localhost' },
    origin: { type: 'string', default: 'http://localhost' },
  },
});
const rpID = args['rp-id'];
const expectedOrigin = args.origin;

/** User name to user; `credentials` are what the library calls WebAuthnCredential. */
const users = new Map();

const failed = (res, message) => res.status(400).send({ status: 'failed', errorMessage: message });

const app = express();
app.use(express.json());
app.use(session({ secret: 'for tests only', saveUninitialized: true, resave: false }));

app.post('/attestation/options', async (req, res) => {
  const { username, displayName, authenticatorSelection, attestation } = req.body;
  if (!users.has(username)) {
    users.set(username, { username, credentials: [] });
  }
  const user = users.get(username);

  const options = await generateRegistrationOptions({
    rpName: 'SimpleWebAuthn Example',
    rpID,
    userID: user.id,
    userName: username,
    userDisplayName: displayName,
    attestationType: attestation,
    excludeCredentials: user.credentials.map(({ id, transports }) => ({ id, transports })),
    authenticatorSelection,
    supportedAlgorithmIDs: [-7, -257],
  });

  user.id ??= Buffer.from(options.user.id, 'base64url');
  req.session.username = username;
  req.session.currentChallenge = options.challenge;
  req.session.userVerification = authenticatorSelection?.userVerification;
  res.send({ status: 'ok', errorMessage: '', ...options });
});

app.post('/attestation/result', async (req, res) => {
  const user = users.get(req.session.username);

  let verification;
  try {
    verification = await verifyRegistrationResponse({
      response: req.body,
      expectedChallenge: `${req.session.currentChallenge}`,
      expectedOrigin,
      expectedRPID: rpID,
      requireUserVerification: req.session.userVerification === 'required',
    });
  } catch (error) {
    return failed(res, error.message);
  }

  const { verified, registrationInfo } = verification;
  if (verified && registrationInfo) {
    const { credential } = registrationInfo;
    if (!user.credentials.some(({ id }) => id === credential.id)) {
      user.credentials.push({
        id: credential.id,
        publicKey: credential.publicKey,
        counter: credential.counter,
        transports: req.body.response.transports,
      });
    }
  }
  req.session.currentChallenge = undefined;
  res.send({ status: verified ? 'ok' : 'failed', errorMessage: '', verified });
});

app.post('/assertion/options', async (req, res) => {
  const { username, userVerification } = req.body;
  // Without a user name the authenticator offers its discoverable credentials.
  const user = username === undefined ? undefined : users.get(username);
  const allowed = username === undefined ? undefined : user.credentials;

  const options = await generateAuthenticationOptions({
    rpID,
    allowCredentials: allowed?.map(({ id, transports }) => ({ id, transports })),
    userVerification,
  });

  req.session.username = username;
  req.session.currentChallenge = options.challenge;
  req.session.userVerification = userVerification;
  res.send({ status: 'ok', errorMessage: '', ...options });
});

app.post('/assertion/result', async (req, res) => {
  const { username } = req.session;
  const candidates = username === undefined ? [...users.values()] : [users.get(username)];
  const credential = candidates.flatMap((user) => user.credentials).find(({ id }) => id === req.body.id);
  if (!credential) {
    return failed(res, 'Authenticator is not registered with this site');
  }

  let verification;
  try {
    verification = await verifyAuthenticationResponse({
      response: req.body,
      expectedChallenge: `${req.session.currentChallenge}`,
      expectedOrigin,
      expectedRPID: rpID,
      credential,
      requireUserVerification: req.session.userVerification === 'required',
    });
  } catch (error) {
    return failed(res, error.message);
  }

  const { verified, authenticationInfo } = verification;
  if (verified) {
    credential.counter = authenticationInfo.newCounter;
  }
  req.session.currentChallenge = undefined;
  // As the example: a signature that does not fit is no exception but `verified: false`, and the status stays 200.
  res.send({ status: verified ? 'ok' : 'failed', errorMessage: '', verified });
});

const server = app.listen(Number(args.port), '127.0.0.1', (error) => {
  if (error) {
    throw error;
  }
  console.log(`listening on ${server.address().port}`);
});
