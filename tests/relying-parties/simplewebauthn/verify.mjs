// Verifies registrations with @simplewebauthn/server: one JSON document in, a verdict for each case out. With a metadata BLOB in the document, the
// library fetches it from a server of ours on loopback, and trusts what it says.

import { webcrypto } from 'node:crypto';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

import { MetadataService, SettingsService, verifyRegistrationResponse } from '@simplewebauthn/server';

// See server.mjs.
globalThis.crypto ??= webcrypto;
globalThis.SubtleCrypto ??= webcrypto.subtle.constructor;

const request = JSON.parse(await text(process.stdin));

// The moment of the registrations: SafetyNet's answers hold for some seconds only.
const RealDate = Date;
globalThis.Date = class extends RealDate {
  constructor(...parts) {
    super(...(parts.length > 0 ? parts : [request.at]));
  }

  static now() {
    return request.at;
  }
};

const setRoots = (identifiers, root) =>
  identifiers.forEach((identifier) => SettingsService.setRootCertificates({ identifier, certificates: [root] }));

if (request.blob) {
  setRoots(['mds'], request.blobRoot);
  const server = createServer((_, response) => response.end(request.blob)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  let failure;
  const logger = { error: (...parts) => { failure = parts.join(' '); } };
  await MetadataService.initialize({ mdsServers: [`http://127.0.0.1:${server.address().port}/`], verificationMode: 'permissive', logger });
  server.close();
  if (failure) {
    throw new Error(failure);
  }
}

const verdict = async ({ credential, algorithm, root }) => {
  setRoots(['packed', 'tpm', 'android-key', 'android-safetynet', 'fido-u2f', 'apple'], root);
  try {
    const { verified } = await verifyRegistrationResponse({
      response: credential,
      expectedChallenge: request.challenge,
      expectedOrigin: request.origin,
      expectedRPID: request.rpId,
      requireUserVerification: false,
      supportedAlgorithmIDs: [algorithm],
    });
    return verified ? { accepted: true } : { refused: 'verified: false' };
  } catch (error) {
    return { refused: error.message };
  }
};

const verdicts = [];
for (const each of request.cases) {
  verdicts.push(await verdict(each));
}
process.stdout.write(JSON.stringify(verdicts));
