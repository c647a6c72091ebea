/** The operator's own certificate: judged before it is shown to anybody. */
import { X509Certificate } from 'node:crypto';
import { checkChain, isRoot } from './own-chain.ts';
import { checkKey } from './own-key.ts';
import type { OwnProblem } from './own-problem.ts';
import { certificateBlocks, isKeyOf, namesOf, shortName } from './pem.ts';

const serverAuth = '1.3.6.1.5.5.7.3.1';
const anyUsage = '2.5.29.37.0';

/** The two files as text, with their paths for the sentences. */
export interface OwnInput {
  readonly certPath: string;
  readonly cert: string;
  readonly keyPath: string;
  readonly key: string;
  /** Deployments have addresses directly below it. */
  readonly domain: string;
  readonly san: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** A certificate that passed. */
export interface OwnCertificate {
  /** PEM: what servers show. The root is left out: who lacks it would not trust a sent one. */
  readonly cert: string;
  readonly key: string;
  readonly server: X509Certificate;
  /** The whole chain as given. */
  readonly chain: readonly X509Certificate[];
  /** PEM of the root, where the file has it; null where clients use the trust store of their system. */
  readonly root: string | null;
}

export type OwnResult =
  | { readonly ok: true; readonly certificate: OwnCertificate; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly problems: readonly OwnProblem[] };

/** Checks the whole and finds every mistake in one call. */
export function checkOwnCertificate(input: OwnInput): OwnResult {
  const blocks = certificateBlocks(input.cert);
  const chain = parseChain(input, blocks);
  if (!Array.isArray(chain)) return { ok: false, problems: [chain] };
  const [server] = chain;
  if (server === undefined) return { ok: false, problems: [notCertificate(input)] };
  const misplaced = checkFirst(chain, input);
  if (misplaced !== null) return { ok: false, problems: [misplaced] };
  const key = checkKey(input.key, input.keyPath, server);
  const report = checkChain(chain, input.certPath, input.now);
  const problems = [
    ...(key === null ? [] : [key]),
    ...report.problems,
    ...checkUsage(server, input),
    ...checkNames(server, input),
  ];
  if (problems.length > 0) return { ok: false, problems };
  const top = chain.at(-1) ?? server;
  const isTopRoot = isRoot(top);
  const shown = isTopRoot && blocks.length > 1 ? blocks.slice(0, -1) : blocks;
  return {
    ok: true,
    certificate: {
      cert: shown.join(''),
      key: input.key,
      server,
      chain,
      root: isTopRoot ? (blocks.at(-1) ?? null) : null,
    },
    warnings: [...report.warnings, ...warnNames(server, input)],
  };
}

/** Everything that is said of the server certificate would be wrong where another one stands first. */
function checkFirst(chain: readonly X509Certificate[], { key, keyPath, certPath }: OwnInput): OwnProblem | null {
  const index = chain.findIndex((certificate) => isKeyOf(certificate, key));
  const found = chain[index];
  if (index <= 0 || found === undefined) return null;
  return {
    message: `The key in ${keyPath} belongs to "${shortName(found.subject)}", which is not the first certificate in ${certPath}.`,
    remedy: 'Put the server certificate first, then the one that signed it, and so on.',
  };
}

function parseChain({ cert, certPath }: OwnInput, blocks: readonly string[]): X509Certificate[] | OwnProblem {
  const chain: X509Certificate[] = [];
  const begun = cert.split('-----BEGIN CERTIFICATE-----').length - 1;
  if (begun > blocks.length) {
    const message = `A certificate in ${certPath} is cut off.`;
    return { message, remedy: 'Copy the file again from where it was made.' };
  }
  for (const [index, block] of blocks.entries()) {
    try {
      chain.push(new X509Certificate(block));
    } catch {
      const message = `Certificate ${index + 1} of ${blocks.length} in ${certPath} is damaged.`;
      return { message, remedy: 'Copy the file again from where it was made.' };
    }
  }
  return chain;
}

function notCertificate({ cert, certPath }: OwnInput): OwnProblem {
  if (cert.includes('PRIVATE KEY-----')) {
    return {
      message: `${certPath} holds a key and no certificate.`,
      remedy: 'Give the file of the certificate as --cert.',
    };
  }
  return {
    message: `${certPath} holds no certificate in PEM form.`,
    remedy: 'Convert it ("openssl x509 -inform DER -in CERT -out FILE", or "openssl pkcs12 -nokeys -in FILE.p12").',
  };
}

function checkUsage(server: X509Certificate, { certPath }: OwnInput): OwnProblem[] {
  const usage: readonly string[] | undefined = server.keyUsage;
  if (usage === undefined || usage.length === 0 || usage.includes(serverAuth) || usage.includes(anyUsage)) return [];
  const message = `The certificate in ${certPath} may not be used by a server: its extended key usage lacks serverAuth.`;
  return [{ message, remedy: 'Have it made again for "TLS Web Server Authentication".' }];
}

function checkNames(server: X509Certificate, { certPath, domain }: OwnInput): OwnProblem[] {
  const names = namesOf(server);
  const missing = [`*.${domain}`, domain].filter((name) => !isCovered(name, names));
  if (missing.length === 0) return [];
  const found = names.length === 0 ? 'has no subject alternative names' : `is for ${list(names)}`;
  return [
    {
      message: `The certificate in ${certPath} ${found} and does not cover ${list(missing)}, where deployments have their addresses.`,
      remedy: `Have it made for *.${domain} and ${domain}, or set --domain to the domain that it is for.`,
    },
  ];
}

/** Names that are of use and not of need. */
function warnNames(server: X509Certificate, { san, certPath }: OwnInput): string[] {
  const names = namesOf(server);
  const missing = ['localhost', ...san].filter((name) => !isCovered(name, names));
  if (missing.length === 0) return [];
  return [`The certificate in ${certPath} does not cover ${list(missing)}: clients cannot connect by these names.`];
}

/** A wildcard stands for exactly one label (RFC 9525, section 6.3). */
function isCovered(name: string, names: readonly string[]): boolean {
  const above = name.startsWith('*.') ? null : `*${name.slice(name.indexOf('.'))}`;
  return names.some((candidate) => {
    const lower = candidate.toLowerCase();
    return lower === name || (above !== null && name.includes('.') && lower === above);
  });
}

function list(names: readonly string[]): string {
  return names.length > 6 ? `${names.slice(0, 6).join(', ')} and ${names.length - 6} more` : names.join(', ');
}
