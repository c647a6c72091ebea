import type { DeploymentTable } from './deployment-table.ts';
import type { Locator } from './locate.ts';

/** Handshakes for each connect that a deployment allows: as many again are told in MQTT that they came too soon. */
const handshakesPerConnect = 2;
/** So few disturb nobody, however low the limit is. */
const perSecondMin = 20;
/** Of all connections together that ask for no deployment: they are only refused. */
const strangersPerSecond = 100;

/**
 * How fast the TLS handshakes of a deployment may start. A handshake costs much more than what follows it, so a storm of connects is held
 * back before it, and not only refused behind it; those beyond the pace start later.
 * @returns by SNI; null for a deployment without a limit of connects.
 */
export function handshakePace(
  deployments: DeploymentTable,
  locator: Locator,
): (listener: 'mqtts' | 'wss', serverName: string | null, now: number) => { key: string; perSecond: number } | null {
  return (listener, serverName, now) => {
    const { deployment } = locator.locate({ deployment: null, listener, serverName, host: null }, now);
    if (deployment === null) return { key: '', perSecond: strangersPerSecond };
    const { connectsPerSecond } = deployments.limits(deployment);
    return connectsPerSecond === null
      ? null
      : { key: deployment, perSecond: Math.max(perSecondMin, handshakesPerConnect * connectsPerSecond) };
  };
}
