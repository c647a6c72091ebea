import { afterAll, describe, expect, test } from 'bun:test';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { filesOf } from '../../apps/cli/sample/files.ts';
import { loadIssuer } from '../../apps/server/certificates/load-issuer.ts';
import { type FaultName, type HelpLanguage, languageHelp } from '../../packages/faults/mod.ts';
import { sampleLanguage } from '../../packages/samples/mod.ts';
import { RunningSample } from './running-sample.ts';

const testMs = 150_000;
const dayMs = 86_400_000;
const address = 'device.berth.localhost';
const { issueRoot, issueServer } = await loadIssuer();
const root = await issueRoot(null, Date.now() - 3000 * dayMs);
const foreignRoot = await issueRoot(null, Date.now());
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

async function portOf(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A TLS server whose certificate is for these names and was made at this time. */
async function serverWith(names: readonly string[], madeAt: number): Promise<number> {
  const { certificatePem, keyPem } = await issueServer(root, [...names], madeAt);
  const server = createTlsServer({ cert: certificatePem, key: keyPem }, (socket) =>
    socket.on('error', () => undefined),
  );
  server.on('tlsClientError', () => undefined); // what the samples are here to say
  return portOf(server);
}

/** Answers whatever comes with the alert handshake_failure (40). */
function alertingServer(): Promise<number> {
  const alert = Uint8Array.of(21, 3, 3, 0, 2, 2, 40);
  return portOf(
    createServer((socket) => {
      socket.on('error', () => undefined).once('data', () => socket.end(alert));
    }),
  );
}

const right = ['localhost', address];
const expired = { port: await serverWith(right, Date.now() - 2000 * dayMs), ca: root.certificatePem };
const notYetValid = { port: await serverWith(right, Date.now() + 100 * dayMs), ca: root.certificatePem };
const unknownCa = { port: await serverWith(right, Date.now()), ca: foreignRoot.certificatePem };
const otherHost = { port: await serverWith(['elsewhere.example'], Date.now()), ca: root.certificatePem };
const alerted = { port: await alertingServer(), ca: root.certificatePem };

/** What each library says: the same text as the catalogue gives for the fault in that language. */
const said: Readonly<
  Record<string, readonly [{ port: number; ca: string }, FaultName, Partial<Record<HelpLanguage, string>>]>
> = {
  'an unknown CA': [
    unknownCa,
    'tls.unknown-ca',
    {
      python: 'unable to get local issuer certificate',
      node: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      go: 'x509: certificate signed by unknown authority',
      java: 'PKIX path building failed',
    },
  ],
  'a certificate for another address': [
    otherHost,
    'tls.certificate-rejected',
    {
      python: 'Hostname mismatch, certificate is not valid for',
      node: 'ERR_TLS_CERT_ALTNAME_INVALID',
      go: 'x509: certificate is valid for',
      java: 'No subject alternative DNS name matching',
    },
  ],
  'a certificate that is not valid yet, as at 1970': [
    notYetValid,
    'tls.certificate-expired',
    {
      python: 'certificate is not yet valid',
      node: 'CERT_NOT_YET_VALID',
      go: 'x509: certificate has expired or is not yet valid',
      java: 'NotBefore: ',
    },
  ],
  'a certificate that has expired': [
    expired,
    'tls.certificate-expired',
    {
      python: 'certificate has expired',
      node: 'CERT_HAS_EXPIRED',
      go: 'x509: certificate has expired or is not yet valid',
      java: 'NotAfter: ',
    },
  ],
  'an alert of the server': [
    alerted,
    'tls.cipher',
    {
      python: 'SSLV3_ALERT_HANDSHAKE_FAILURE',
      node: 'EPROTO',
      go: 'remote error: tls: ',
      java: 'Received fatal alert: ',
    },
  ],
};

describe.each(Object.entries(said))('%s', (_, [{ port, ca }, fault, texts]) => {
  test.each(Object.entries(texts))(
    '%s',
    async (name, text) => {
      const language = sampleLanguage(name);
      if (language === null) throw new Error(`there is no sample for ${name}`);
      // Java sends SNI for names with a dot only, and brings a hosts file; the others resolve as the system does.
      const host = name === 'java' ? address : 'localhost';
      const files = filesOf(language, { host, tlsPort: port, caPem: ca });
      await using sample = await RunningSample.start({ language: language.name, host, files });
      const line = await sample.line(/^error/);
      expect(line).toStartWith('error -3: ');
      expect(line).toContain(text);
      expect(languageHelp(fault, name as HelpLanguage)?.symptom.en).toContain(text.trim());
    },
    testMs,
  );
});
