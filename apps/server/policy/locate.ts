import { isIP } from 'node:net';
import type { DeploymentId } from '../../../packages/engine/ids.ts';
import type { ConnectionFacts, Location } from '../../../packages/engine/ports.ts';
import type { DeploymentEntry, DeploymentTable } from './deployment-table.ts';

/** The names of the installation itself. */
export interface InstallationNames {
  /** Deployments are found at `<id>.<domain>`; the domain itself leads to the first deployment. */
  readonly domain: string;
  /**
   * Further names and addresses of the installation (`--san`), which lead to the first deployment.
   * One of the form `*.example.com` is one more domain of deployments.
   */
  readonly alternativeNames: readonly string[];
}

/** How long a deleted deployment is told from one that never was. */
export const deletedIsKnownMs = 30 * 24 * 3_600_000;

const sniMissing: Location = { kind: 'refused', deployment: null, fault: 'sni.missing' };
const sniUnknown: Location = { kind: 'refused', deployment: null, fault: 'sni.unknown' };

/** Finds the deployment that a connection asks for. */
export class Locator {
  readonly #deployments: DeploymentTable;
  readonly #domains: readonly string[];
  readonly #installationNames: ReadonlySet<string>;

  constructor(deployments: DeploymentTable, names: InstallationNames) {
    this.#deployments = deployments;
    const alternatives = names.alternativeNames.map(normalName);
    const wildcards = alternatives.filter((name) => name.startsWith('*.')).map((name) => name.slice(2));
    this.#domains = [normalName(names.domain), ...wildcards];
    this.#installationNames = new Set(['localhost', normalName(names.domain), ...alternatives]);
  }

  /**
   * By listener on the listeners of a dedicated deployment, else by SNI, else (WebSocket) by Host. A name that was given and leads
   * nowhere is an error even where another name would lead somewhere: SNI is what the certificate was chosen by.
   */
  locate(facts: Pick<ConnectionFacts, 'deployment' | 'listener' | 'serverName' | 'host'>, now: number): Location {
    if (facts.deployment !== null) return admit(this.#deployments.get(facts.deployment), now);
    if (facts.listener === 'mqtt' || facts.listener === 'ws') return sniMissing;
    if (facts.serverName !== null && facts.serverName !== '') return admit(this.#find(facts.serverName), now);
    if (facts.listener !== 'wss' || facts.host === null || facts.host === '') return sniMissing;
    const entry = this.#find(facts.host);
    // A client that connects by address has sent no name at all: the remedy is that of a missing name.
    if (entry === undefined && isIP(normalName(facts.host)) !== 0) return sniMissing;
    return admit(entry, now);
  }

  #find(givenName: string): DeploymentEntry | undefined {
    const name = normalName(givenName);
    if (this.#installationNames.has(name)) return this.#deployments.first;
    const byName = this.#deployments.byName(name);
    if (byName !== undefined) return byName;
    const dot = name.indexOf('.');
    if (dot < 0 || !this.#domains.includes(name.slice(dot + 1))) return undefined;
    return this.#deployments.get(name.slice(0, dot) as DeploymentId);
  }
}

function admit(entry: DeploymentEntry | undefined, now: number): Location {
  if (entry === undefined) return sniUnknown;
  if (entry.deletedAt !== null) {
    if (now - entry.deletedAt >= deletedIsKnownMs) return sniUnknown;
    return { kind: 'refused', deployment: entry.id, fault: 'deployment.deleted' };
  }
  if (entry.state === 'stopped') return { kind: 'refused', deployment: entry.id, fault: 'deployment.stopped' };
  return { kind: 'found', deployment: entry.id };
}

/** Lower case, without the dot of the root and without the brackets of an IPv6 address. */
function normalName(name: string): string {
  const lower = name.toLowerCase();
  const relative = lower.endsWith('.') ? lower.slice(0, -1) : lower;
  return relative.startsWith('[') && relative.endsWith(']') ? relative.slice(1, -1) : relative;
}
