import { isIPv4 } from 'node:net';
import type { GuideRequest } from './guide.ts';
import type { GuideValues } from './values.ts';

/** A deployment, as far as the guide shows it. */
export interface GuideDeployment {
  readonly id: string;
  readonly address: string;
  readonly type: 'serverless' | 'dedicated';
  readonly ports: GuideValues['ports'] | Omit<GuideValues['ports'], 'http'>;
}

/** Where the guide gets its values from. */
export interface GuideSource {
  readonly domain: string;
  readonly ports: () => { readonly mqtts: number; readonly wss: number; readonly http: number };
  readonly certificates: {
    readonly caFile: string | null;
    status(): {
      readonly server: { readonly names: readonly string[] };
      readonly roots: readonly { readonly fingerprint: string }[];
    };
  };
  /** The deployment that answers to `localhost` too; null where it was deleted. */
  readonly first: () => Promise<GuideDeployment | null>;
  /** By its id, never by its name: names can be guessed. null where there is none. */
  readonly find: (id: string) => Promise<GuideDeployment | null>;
}

/**
 * What the guide knows for a request. Without an address or id it shows the first deployment, and that only to readers
 * on the machine of the service itself: nobody learns of a deployment that they do not know already.
 * @returns null where there is no deployment with the address or id that was given.
 */
export async function guideValues(
  source: GuideSource,
  { deployment: given, origin }: Pick<GuideRequest, 'deployment' | 'origin'>,
): Promise<GuideValues | null> {
  const { domain, certificates } = source;
  const isLocal = isLoopback(new URL(origin).hostname);
  const first = isLocal ? await source.first() : null;
  let deployment = first;
  if (given !== null) {
    const id = deploymentIdOf(given, domain);
    deployment = id === null ? null : await source.find(id);
    if (deployment === null) return null;
  }
  const { caFile } = certificates;
  const { server, roots } = certificates.status();
  // A name below .localhost is not resolved everywhere; localhost is, and the first deployment answers to it.
  const takesLocalhost =
    first !== null &&
    deployment?.id === first.id &&
    `.${domain}`.endsWith('.localhost') &&
    server.names.includes('localhost');
  return {
    chosen: given === null ? null : (deployment?.id ?? null),
    address: deployment?.address ?? null,
    localAddress: takesLocalhost ? 'localhost' : null,
    type: deployment?.type ?? null,
    ports: { ...deployment?.ports, ...source.ports() },
    domain,
    origin,
    ca: caFile === null ? null : { pem: caFile, fingerprints: roots.map((root) => root.fingerprint) },
  };
}

/** The id in what a person typed: an id, an address, or an address with scheme and port around it; null where it is none of these. */
export function deploymentIdOf(given: string, domain: string): string | null {
  const host = given
    .trim()
    .toLowerCase()
    .replace(/^[a-z]+:\/\//, '')
    .replace(/[:/].*$/, '')
    .replace(/\.$/, '');
  const id = host.endsWith(`.${domain}`) ? host.slice(0, -domain.length - 1) : host;
  return /^[a-z0-9]{1,63}$/.test(id) ? id : null;
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    (isIPv4(hostname) && hostname.startsWith('127.'))
  );
}
