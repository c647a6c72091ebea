/** What people and programs are told of the certificates; the shape of the REST API. */
import { X509Certificate } from 'node:crypto';
import { certificateBlocks, lifeOf, namesOf, renewalOf, shortName } from './pem.ts';
import type { RolloverTimes } from './rollover.ts';

/** One certificate. Times are ISO 8601, UTC. */
export interface CertificateFacts {
  /** Its common name. */
  readonly name: string;
  /** SHA-256, upper-case hexadecimal pairs with colons. */
  readonly fingerprint: string;
  readonly notBefore: string;
  readonly notAfter: string;
}

export interface CertificateStatus {
  /** `own` where the operator has brought the server certificate. */
  readonly source: 'berth' | 'own';
  readonly server: CertificateFacts & {
    readonly names: string[];
    /** Common name of what signed it. */
    readonly issuer: string;
    /** When Berth makes the next one; null for the operator's own, which is watched for change. */
    readonly renewAt: string | null;
  };
  /** What devices are given, PEM; null where they use the trust store of their system. */
  readonly caFile: string | null;
  /** The certificates of that file: `old` and `new` during a rollover. */
  readonly roots: (CertificateFacts & { readonly role: 'current' | 'old' | 'new' })[];
  readonly rollover: {
    /** `planned`: the old root signs. `switched`: the new one does. Devices are given both. */
    readonly phase: 'planned' | 'switched';
    readonly switchAt: string;
    readonly switchedAt: string | null;
    /** When the old root leaves the CA file by itself. */
    readonly endsAt: string;
  } | null;
  /** Why the operator's changed files are not in use; null where they are. */
  readonly refused: string | null;
}

/**
 * The status with certificates that Berth makes.
 * @param caFile PEM: one root, or two during a rollover; @param serverPem the server certificate.
 */
export function statusOf(caFile: string, serverPem: string, rollover: RolloverTimes | null): CertificateStatus {
  const server = new X509Certificate(serverPem);
  const roles = rollover === null ? (['current'] as const) : (['old', 'new'] as const);
  const roots = certificateBlocks(caFile).slice(0, roles.length);
  return {
    source: 'berth',
    server: { ...serverFacts(server), renewAt: iso(renewalOf(server)) },
    caFile,
    roots: roots.map((pem, index) => ({ ...factsOf(new X509Certificate(pem)), role: roles[index] ?? 'current' })),
    rollover: rollover === null ? null : rolloverFacts(rollover),
    refused: null,
  };
}

/** The status with a certificate of the operator. @param root PEM, where the chain has one. */
export function statusOfOwn(server: X509Certificate, root: string | null, refused: string | null): CertificateStatus {
  const roots = root === null ? [] : [{ ...factsOf(new X509Certificate(root)), role: 'current' as const }];
  return {
    source: 'own',
    server: { ...serverFacts(server), renewAt: null },
    caFile: root,
    roots,
    rollover: null,
    refused,
  };
}

function rolloverFacts({ phase, switchAt, switchedAt, endsAt }: RolloverTimes): CertificateStatus['rollover'] {
  return {
    phase,
    switchAt: iso(switchAt),
    switchedAt: switchedAt === null ? null : iso(switchedAt),
    endsAt: iso(endsAt),
  };
}

function serverFacts(server: X509Certificate): Omit<CertificateStatus['server'], 'renewAt'> {
  return { ...factsOf(server), names: namesOf(server), issuer: shortName(server.issuer) };
}

function factsOf(certificate: X509Certificate): CertificateFacts {
  const { notBefore, notAfter } = lifeOf(certificate);
  return {
    name: shortName(certificate.subject),
    fingerprint: certificate.fingerprint256,
    notBefore: iso(notBefore),
    notAfter: iso(notAfter),
  };
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
