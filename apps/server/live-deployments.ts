import type { EngineAdmin } from '../../packages/engine/admin.ts';
import type { DeploymentId } from '../../packages/engine/ids.ts';
import type { FaultName } from '../../packages/faults/mod.ts';
import type { LiveDeployments } from './control/ports.ts';

/** A port that is listened on. */
interface PlainListener {
  readonly port: number;
  close(): void;
}

export interface EngineDeploymentsOptions {
  readonly engine: EngineAdmin;
  /** Opens a plain listener of a dedicated deployment. @throws where the port cannot be had. */
  readonly listen: (kind: 'mqtt' | 'ws', port: number, deployment: DeploymentId) => PlainListener;
  /** Whether nobody listens on the port: asked by listening on it for a moment. */
  readonly portIsFree: (port: number) => boolean;
  /** Forgets what the journal keeps of a deployment. */
  readonly forget: (deployment: DeploymentId) => void;
  /** Engine state has changed outside of the link. */
  readonly changed: () => void;
  readonly now: () => number;
}

/** Deployments as they run: in the engine, and on plain listeners where they are dedicated. */
export class EngineDeployments implements LiveDeployments {
  readonly #options: EngineDeploymentsOptions;
  readonly #listeners = new Map<DeploymentId, PlainListener[]>();

  constructor(options: EngineDeploymentsOptions) {
    this.#options = options;
  }

  async portIsFree(port: number, deployment: DeploymentId | null): Promise<boolean> {
    const own = deployment === null ? undefined : this.#listeners.get(deployment);
    return (own?.some((listener) => listener.port === port) ?? false) || this.#options.portIsFree(port);
  }

  async open(
    deployment: DeploymentId,
    plain: { readonly mqttPort: number | null; readonly wsPort: number | null },
  ): Promise<void> {
    const { engine, listen, now } = this.#options;
    engine.addDeployment(deployment, now());
    if (this.#listeners.has(deployment)) return;
    const opened: PlainListener[] = [];
    try {
      if (plain.mqttPort !== null) opened.push(listen('mqtt', plain.mqttPort, deployment));
      if (plain.wsPort !== null) opened.push(listen('ws', plain.wsPort, deployment));
    } catch (error) {
      for (const listener of opened) listener.close();
      throw error;
    }
    this.#listeners.set(deployment, opened);
  }

  async close(deployment: DeploymentId, fault: FaultName, forget: boolean): Promise<void> {
    if (forget) this.#closeListeners(deployment);
    this.#options.engine.closeDeployment(deployment, fault, forget, this.#options.now());
    if (forget) this.#options.forget(deployment);
    this.#options.changed();
  }

  closeUsername(deployment: DeploymentId, username: string, fault: FaultName): void {
    this.#options.engine.closeUsername(deployment, username, fault, this.#options.now());
    this.#options.changed();
  }

  policyChanged(deployment: DeploymentId): void {
    this.#options.engine.policyChanged(deployment, this.#options.now());
    this.#options.changed();
  }

  counters(
    deployment: DeploymentId,
  ): Readonly<{ connections: number; sessions: number; subscriptions: number }> | null {
    return this.#options.engine.counters(deployment);
  }

  #closeListeners(deployment: DeploymentId): void {
    for (const listener of this.#listeners.get(deployment) ?? []) listener.close();
    this.#listeners.delete(deployment);
  }
}
