import { type KeyObject, type X509Certificate, createPrivateKey } from 'node:crypto';
import { isKeyOf, shortName } from './pem.ts';
import type { OwnProblem } from './own-problem.ts';

const rsaBitsMin = 2048;
const rsaBitsMax = 8192;
const curves: ReadonlySet<string> = new Set(['prime256v1', 'P-256', 'secp384r1', 'P-384', 'secp521r1', 'P-521']);

/** What is wrong with the private key of the server certificate, or null. */
export function checkKey(pem: string, path: string, server: X509Certificate): OwnProblem | null {
  if (pem.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----') || /^Proc-Type: 4,ENCRYPTED/m.test(pem)) {
    return {
      message: `The key in ${path} is protected by a passphrase, which nobody can type at a start.`,
      remedy:
        'Write it without one ("openssl pkey -in KEY -out FILE") and let only the user that runs Berth read that file.',
    };
  }
  if (!/-----BEGIN (?:RSA |EC )?PRIVATE KEY-----/.test(pem)) return notKey(pem, path);
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    return { message: `The key in ${path} is damaged.`, remedy: 'Copy it again from where it was made.' };
  }
  return checkKind(key, path) ?? checkMatch(pem, path, server);
}

function notKey(pem: string, path: string): OwnProblem {
  if (pem.includes('-----BEGIN CERTIFICATE-----')) {
    return { message: `${path} holds a certificate and no key.`, remedy: 'Give the file of the private key as --key.' };
  }
  return {
    message: `${path} holds no private key in PEM form.`,
    remedy:
      'Convert it ("openssl pkey -inform DER -in KEY -out FILE", or "openssl pkcs12 -nocerts -noenc -in FILE.p12").',
  };
}

function checkKind(key: KeyObject, path: string): OwnProblem | null {
  const remedy = 'Use a certificate with an ECDSA P-256 key, which every client knows, or RSA with 2048 to 4096 bits.';
  const { modulusLength = 0, namedCurve = '' } = key.asymmetricKeyDetails ?? {};
  if (key.asymmetricKeyType === 'rsa') {
    if (modulusLength >= rsaBitsMin && modulusLength <= rsaBitsMax) return null;
    const why = modulusLength < rsaBitsMin ? 'too short: clients refuse it' : 'too long for devices';
    return { message: `The RSA key in ${path} has ${modulusLength} bits, which is ${why}.`, remedy };
  }
  if (key.asymmetricKeyType === 'ec' && curves.has(namedCurve)) return null;
  const kind = key.asymmetricKeyType === 'ec' ? `EC ${namedCurve}` : (key.asymmetricKeyType ?? 'unknown');
  return { message: `The key in ${path} is of a kind that clients do not take for TLS (${kind}).`, remedy };
}

function checkMatch(pem: string, path: string, server: X509Certificate): OwnProblem | null {
  if (isKeyOf(server, pem)) return null;
  return {
    message: `The key in ${path} is not the one of the certificate "${shortName(server.subject)}".`,
    remedy: 'Give the key with which that certificate was asked for.',
  };
}
