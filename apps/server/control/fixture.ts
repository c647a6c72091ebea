/** A control plane on a database of its own, for tests. */
import type { Kysely } from 'kysely';
import { AccessRuleService } from './access-rule-service.ts';
import { createApp } from './app.ts';
import { fixedCertificates } from './certificate-fixture.ts';
import { CredentialService } from './credential-service.ts';
import { openDatabase } from './database/open.ts';
import type { Tables } from './database/tables.ts';
import { DeploymentService } from './deployment-service.ts';
import { InstallationLimitService } from './installation-limit-service.ts';
import type { AccessRuleIndex, CredentialIndex, DeploymentIndex, LiveDeployments, PasswordHashing } from './ports.ts';
import type { RequestRates } from './request-rates.ts';
import { Serial } from './serial.ts';

/** Records what the services ask of the running deployments, one line each. */
export class RecordedLive implements LiveDeployments {
  readonly calls: string[] = [];
  readonly busyPorts = new Set<number>();
  /** Ports that look free and then cannot be opened. */
  readonly trickyPorts = new Set<number>();
  liveCounters: ReturnType<LiveDeployments['counters']> = null;
  /** The deployment that listens on a plain port. */
  readonly #holders = new Map<number, string>();

  portIsFree(port: number, deployment: string | null): Promise<boolean> {
    const holder = this.#holders.get(port);
    return Promise.resolve(holder === undefined ? !this.busyPorts.has(port) : holder === deployment);
  }

  open(deployment: string, { mqttPort, wsPort }: { mqttPort: number | null; wsPort: number | null }): Promise<void> {
    if ([mqttPort, wsPort].some((port) => port !== null && this.trickyPorts.has(port))) {
      return Promise.reject(new Error('somebody was faster'));
    }
    for (const port of [mqttPort, wsPort]) if (port !== null) this.#holders.set(port, deployment);
    this.calls.push(`open ${deployment} ${mqttPort} ${wsPort}`);
    return Promise.resolve();
  }

  close(deployment: string, fault: string, forget: boolean): Promise<void> {
    if (forget) for (const [port, holder] of this.#holders) if (holder === deployment) this.#holders.delete(port);
    this.calls.push(`close ${deployment} ${fault}${forget ? ' forget' : ''}`);
    return Promise.resolve();
  }

  closeUsername(deployment: string, username: string, fault: string): void {
    this.calls.push(`closeUsername ${deployment} ${username} ${fault}`);
  }

  policyChanged(deployment: string): void {
    this.calls.push(`policyChanged ${deployment}`);
  }

  counters(): ReturnType<LiveDeployments['counters']> {
    return this.liveCounters;
  }

  /** The calls since the last time. */
  take(): string[] {
    return this.calls.splice(0);
  }
}

/** What the policy side implements. */
export interface PolicySide {
  readonly deployments: DeploymentIndex;
  readonly credentials: CredentialIndex;
  readonly hashing: PasswordHashing;
  readonly rules: AccessRuleIndex;
}

export interface TestControl extends AsyncDisposable {
  readonly database: Kysely<Tables>;
  readonly live: RecordedLive;
  readonly clock: { now: number };
  readonly deployments: DeploymentService;
  readonly credentials: CredentialService;
  readonly rules: AccessRuleService;
  readonly app: ReturnType<typeof createApp>;
  /** Errors that nobody expected. */
  readonly unexpected: Error[];
}

export const testToken = 'test-token-of-the-operator';

/**
 * Opens the database in the directory and loads what is in it, as a start of the server does.
 * @param rates counts requests, where a test is about that.
 */
export async function startControl(
  dataDirectory: string,
  policy: PolicySide,
  rates: RequestRates | null = null,
): Promise<TestControl> {
  const database = await openDatabase(dataDirectory);
  const live = new RecordedLive();
  const clock = { now: Date.UTC(2026, 0, 1) };
  const changes = new Serial();
  const common = { database, live, changes, now: () => clock.now };
  const installationLimits = new InstallationLimitService({ database, changes, apply: () => undefined });
  const deployments = new DeploymentService({
    ...common,
    index: policy.deployments,
    credentials: policy.credentials,
    rules: policy.rules,
    domain: 'berth.example',
    ports: () => ({ mqtts: 8883, wss: 8084 }),
    deploymentsMax: () => installationLimits.limits.deployments,
  });
  const credentials = new CredentialService({
    ...common,
    deployments,
    index: policy.credentials,
    hashing: policy.hashing,
  });
  const rules = new AccessRuleService({ ...common, deployments, index: policy.rules });
  await deployments.load();
  await rules.load();
  await credentials.load();
  const unexpected: Error[] = [];
  const app = createApp({
    deployments,
    credentials,
    rules,
    adminToken: testToken,
    allowedHosts: ['console.example'],
    info: () => ({
      version: '0.1.0',
      domain: 'berth.example',
      ports: { mqtts: 8883, wss: 8084, http: 18_083 },
      uptimeSeconds: 5,
      caFingerprint: 'AB:CD',
    }),
    metrics: () => 'berth_up 1\n',
    isHealthy: () => clock.now > 0,
    certificates: fixedCertificates,
    installationLimits,
    guide: { answer: () => Promise.resolve({ kind: 'redirect', location: '/guide/en/' }) },
    rates,
    onLimit: () => undefined,
    onUnexpectedError: (error) => unexpected.push(error),
  });
  return {
    database,
    live,
    clock,
    deployments,
    credentials,
    rules,
    app,
    unexpected,
    async [Symbol.asyncDispose]() {
      await changes.idle();
      await database.destroy();
    },
  };
}
