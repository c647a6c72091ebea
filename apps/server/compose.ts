/** The only file that names concrete classes and hands them to each other. */
import { Engine } from '../../packages/engine/engine.ts';
import packageJson from '../../package.json' with { type: 'json' };
import { AliveFile } from './alive-file.ts';
import { CertificateService } from './certificates/certificate-service.ts';
import { BootError } from './config/boot-error.ts';
import { DataDirectory } from './config/data-directory.ts';
import type { Config } from './config/load.ts';
import { openSecrets } from './config/secrets.ts';
import { AccessRuleService } from './control/access-rule-service.ts';
import { createApp } from './control/app.ts';
import { CredentialService } from './control/credential-service.ts';
import { openDatabase } from './control/database/open.ts';
import { DeploymentService } from './control/deployment-service.ts';
import { startHttpServer } from './control/http-server.ts';
import { InstallationLimitService } from './control/installation-limit-service.ts';
import { RequestRates } from './control/request-rates.ts';
import { Serial } from './control/serial.ts';
import { connectionLimit } from './connection-limit.ts';
import { Driver } from './driver.ts';
import { bind } from './edge/bind.ts';
import { Edge } from './edge/edge.ts';
import { defaultEdgeLimits } from './edge/options.ts';
import { ensureFirstDeployment } from './first-start.ts';
import { guideValues } from './guide/guide-values.ts';
import { LazyGuide } from './guide/lazy-guide.ts';
import { overShare } from './journal/fair-share.ts';
import { openJournal } from './journal/open.ts';
import type { ServerJournal } from './journal/port.ts';
import { JournalHealth } from './journal-health.ts';
import { EngineDeployments } from './live-deployments.ts';
import { tellMetLimit } from './met-limit.ts';
import { metricsPage } from './metrics-page.ts';
import { EventLog } from './observe/event-log.ts';
import { History } from './observe/history.ts';
import { chooseLogFormat } from './observe/log-format.ts';
import { renderMetrics } from './observe/metrics.ts';
import { Sink } from './observe/sink.ts';
import { SystemTopics } from './observe/sys-topics.ts';
import { AccessRuleTable } from './policy/access-rule-table.ts';
import { CredentialTable } from './policy/credential-table.ts';
import { PasswordHasher } from './policy/credential-hash.ts';
import { DeploymentTable } from './policy/deployment-table.ts';
import { FailedLogins } from './policy/failed-logins.ts';
import { handshakePace } from './policy/handshake-pace.ts';
import { Locator } from './policy/locate.ts';
import { ServerPolicy } from './policy/server-policy.ts';
import { Pressure } from './pressure.ts';
import type { Ready } from './ready.ts';
import { refusalEvent } from './refusal-event.ts';
import { restoreDeployments } from './restore.ts';
import { runtimeFile } from './runtime-file.ts';
import { SteadyClock } from './steady-clock.ts';
import { Upkeep } from './upkeep.ts';

/** A service that runs. */
export interface Service {
  readonly ready: Ready;
  /** Drains: refuses, says goodbye, makes everything durable, closes. */
  stop(): Promise<void>;
}

/** What bind address a configuration means. */
function addressOf(bindTo: string): string {
  return bindTo === 'all' ? '::' : bindTo;
}

const clock = new SteadyClock({ wall: () => Date.now(), uptime: () => performance.now() });
const now = (): number => clock.now();

/** The log of the service, on standard error: text for a person, JSON lines for programs. */
export function openLog(config: Config, noColor: string | undefined): EventLog {
  return new EventLog({
    write: (line) => void process.stderr.write(`${line}\n`),
    format: chooseLogFormat(config.log === 'text' || (config.log === 'auto' && process.stderr.isTTY), noColor),
    now,
  });
}

/**
 * Builds the service and starts it.
 * @throws BootError and the like where something keeps it from starting; then everything that was opened is closed again.
 */
export async function compose(config: Config, log: EventLog): Promise<Service> {
  await using opened = new AsyncDisposableStack();
  const startedAt = now();
  const startedUptime = performance.now();
  let draining = false;
  const directory = opened.use(DataDirectory.open(config.data));
  for (const warning of directory.warnings) log.warn(warning);
  const alive = new AliveFile(directory, () => performance.now());
  const secrets = openSecrets(directory);
  const certificates = await CertificateService.open({
    directory,
    domain: config.domain,
    san: config.san,
    own: config.cert === null || config.key === null ? null : { cert: config.cert, key: config.key },
    now,
    log,
  });
  const database = await openDatabase(directory.path);
  opened.defer(() => database.destroy());
  const journal = await openJournal(directory.reserve('journal.sqlite'), config.durability);
  opened.defer(() => journal.close());
  for (const warning of journal.warnings) log.warn(warning);
  journal.onWarning = (warning) => log.warn(warning);

  // What is known in memory, and the policy that answers from it.
  const deploymentTable = new DeploymentTable();
  const pepper = { current: secrets.pepper.current, keys: Object.fromEntries(secrets.pepper.keys) };
  const hasher = new PasswordHasher(pepper);
  const credentialTable = new CredentialTable(hasher, (deployment, before, after) => {
    void credentials.rehashed(deployment, before, after).catch((error: unknown) => log.error(String(error)));
  });
  const ruleTable = new AccessRuleTable();
  const locator = new Locator(deploymentTable, { domain: config.domain, alternativeNames: config.san });
  const paceOf = handshakePace(deploymentTable, locator);
  const policy = new ServerPolicy({
    deployments: deploymentTable,
    locator,
    credentials: credentialTable,
    rules: ruleTable,
    failedLogins: new FailedLogins(),
    now,
    answer: (connection, verdict) => driver.authenticated(connection, verdict),
  });

  // The data plane.
  const sink = new Sink(log, new History());
  const edge: Edge = new Edge({
    input: {
      opened: (connection, facts) => driver.opened(connection, facts),
      data: (connection, bytes) => driver.data(connection, bytes),
      drained: (connection, bufferedBytes) => driver.drained(connection, bufferedBytes),
      closed: (connection, cause) => driver.closed(connection, cause),
    },
    limits: defaultEdgeLimits,
    sessionTickets: config.sessionTickets,
    handshakePace: (listener, serverName) => paceOf(listener, serverName, now()),
    report: (refusal) => sink.emit(refusalEvent(refusal)),
    now,
    beforeFlush: () => {
      pressure.check();
      driver.endTurn();
      journal.flush();
    },
  });
  const engine = new Engine({ outbox: edge, journal, policy, events: sink });
  const driver: Driver = opened.use(
    new Driver(engine, {
      now,
      followClock: () => {
        const moved = clock.follow();
        if (moved === 0) return 0;
        log.warn(`The clock of the system was set by ${moved / 1000} s.`);
        edge.clockMoved(moved);
        return moved;
      },
      requestTurn: () => edge.requestTurn(),
      onDefect: (error, connection) => {
        log.error(`Defect in the engine: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
        if (connection !== null) edge.abort(connection);
      },
    }),
  );
  const pressure: Pressure = opened.use(new Pressure({ engine, driver, journal, overShare }));
  const health = new JournalHealth({ journal, driver, events: sink, now });

  // The control plane.
  const bindTo = addressOf(config.bind);
  const systemTopics = new SystemTopics(packageJson.version, startedAt);
  const live = new EngineDeployments({
    engine,
    listen: (kind, port, deployment) => edge.listenPlain(kind, bindTo, port, deployment),
    portIsFree: (port) => isFree(bindTo, port),
    forget: (deployment) => {
      journal.forget(deployment);
      sink.forget(deployment);
      systemTopics.forget(deployment);
    },
    changed: () => edge.requestTurn(),
    now,
  });
  const ports = { mqtts: 0, wss: 0, http: 0 };
  const changes = new Serial();
  const openFilesMax = connectionLimit();
  const installationLimits = new InstallationLimitService({
    database,
    changes,
    apply: (limits) => {
      edge.setLimits({
        connections: Math.min(limits.connections ?? Infinity, openFilesMax),
        handshakesPerAddress: limits.handshakesPerAddress ?? Infinity,
        handshakeTimeoutMs: (limits.connectSeconds ?? 30) * 1000,
      });
      engine.setInstallationLimits(limits);
      pressure.setMemoryHighWaterPercent(limits.memoryHighWaterPercent);
      pressure.setJournalQueueBytes(limits.journalQueueBytes ?? Infinity);
    },
  });
  const deployments = new DeploymentService({
    database,
    live,
    index: deploymentTable,
    credentials: credentialTable,
    rules: ruleTable,
    changes,
    now,
    domain: config.domain,
    ports: () => ports,
    deploymentsMax: () => installationLimits.limits.deployments,
  });
  const credentials: CredentialService = new CredentialService({
    database,
    deployments,
    live,
    index: credentialTable,
    hashing: hasher,
    changes,
    now,
  });
  const rules = new AccessRuleService({ database, deployments, live, index: ruleTable, changes, now });

  // State comes back before anybody can connect.
  await installationLimits.load();
  await deployments.load();
  await rules.load();
  const { withoutPepper } = await credentials.load();
  if (withoutPepper > 0)
    log.warn(`${withoutPepper} credentials were made under a pepper that is gone: set their passwords anew.`);
  await restoreDeployments(engine, journal, (id) => deploymentTable.get(id)?.deletedAt === null, {
    graceMs: config.willGrace * 1000,
    stoppedAt: alive.ranUntil(now()),
    now: now(),
  });
  for (const { deployment, error } of await deployments.openAll()) {
    log.error(
      `Deployment ${deployment} has no plain listener: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  opened.defer(() => {
    edge.stopListening();
    edge.closeAll();
  });
  ports.mqtts = listenOrSay('--mqtts-port', () =>
    edge.listenTls('mqtts', bindTo, config.mqttsPort, certificates.shown),
  ).port;
  ports.wss = listenOrSay('--wss-port', () => edge.listenTls('wss', bindTo, config.wssPort, certificates.shown)).port;
  const app = createApp({
    deployments,
    credentials,
    rules,
    adminToken: secrets.adminToken,
    allowedHosts: [config.domain, ...config.san, config.httpBind],
    info: () => ({
      version: packageJson.version,
      domain: config.domain,
      ports,
      uptimeSeconds: Math.floor((performance.now() - startedUptime) / 1000),
      caFingerprint: certificates.fingerprint,
    }),
    metrics: () =>
      metricsPage({
        version: packageJson.version,
        startedAt,
        now,
        engine,
        sink,
        edge,
        journal,
        health,
        pressure,
        render: renderMetrics,
      }),
    isHealthy: () => !draining,
    certificates,
    installationLimits,
    guide: new LazyGuide((request) =>
      guideValues(
        {
          domain: config.domain,
          ports: () => ports,
          certificates,
          first: () => deployments.first(),
          find: (id) => deployments.findById(id),
        },
        request,
      ),
    ),
    rates: new RequestRates(now),
    onLimit: (met) => tellMetLimit(met, engine, sink, now()),
    onUnexpectedError: (error) => log.error(`Defect in the REST API: ${error.stack ?? error.message}`),
  });
  const isLoopback = config.httpBind === 'localhost' || config.httpBind.startsWith('127.') || config.httpBind === '::1';
  const http = opened.use(
    startHttpServer({
      app,
      hostname: config.httpBind,
      port: config.httpPort,
      tls: isLoopback ? null : certificates.shown,
    }),
  );
  ports.http = http.port;
  certificates.onChange = async (certificate) => {
    await edge.replaceCertificate(certificate);
    http.replaceCertificate(certificate);
  };
  opened.use(
    runtimeFile(directory, { http: http.port, httpHost: config.httpBind, tls: !isLoopback, pid: process.pid }),
  );
  // After all that can fail, since a start that fails must not leave a credential behind whose password nobody has seen.
  // Nothing has waited for the loop since the ports were opened, nor does this: no client finds the deployment missing.
  const first = await ensureFirstDeployment({
    deployments,
    credentials,
    chosen: config,
    opens: (id, username, password) =>
      credentialTable.check(id, username, new TextEncoder().encode(password)) === 'accepted',
    warn: (sentence) => log.warn(sentence),
  });
  opened.use(
    new Upkeep({
      engine,
      systemTopics,
      log,
      forgetDeleted: () => deployments.forgetDeleted(),
      keepCertificates: () => certificates.tick(),
      noteAlive: (at) => alive.note(at),
      now,
    }).start(),
  );

  const owned = opened.move();
  return {
    ready: { ...readyOf(config, certificates, ports, first), httpTls: !isLoopback, data: directory.path },
    async stop() {
      if (draining) return;
      draining = true;
      await drain(engine, edge, journal);
      await owned.disposeAsync();
    },
  };
}

/** How long clients get to hear that the service stops, at least and at most. */
const DRAIN_MIN_MS = 500;
const DRAIN_MAX_MS = 5_000;

/** Says goodbye to all clients. Listeners stay until they are gone, so that those who come back meanwhile hear why they may not. */
async function drain(engine: Engine, edge: Edge, journal: ServerJournal): Promise<void> {
  const begun = now();
  engine.drain(begun);
  edge.requestTurn();
  while (now() < begun + DRAIN_MIN_MS || (edge.connectionCount > 0 && now() < begun + DRAIN_MAX_MS))
    await Bun.sleep(50);
  journal.flush();
}

/** @throws BootError with the option that chooses another port. */
function listenOrSay<T>(option: string, listen: () => T): T {
  try {
    return listen();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new BootError(
      `Cannot listen: ${message}.`,
      `Stop the other program or choose another port with ${option}; 0 takes a free one.`,
      { cause: error },
    );
  }
}

function isFree(hostname: string, port: number): boolean {
  try {
    bind({ hostname, port, socket: { data() {} } }).stop(true);
    return true;
  } catch {
    return false;
  }
}

function readyOf(
  config: Config,
  certificates: CertificateService,
  ports: { readonly mqtts: number; readonly wss: number; readonly http: number },
  first: Awaited<ReturnType<typeof ensureFirstDeployment>>,
): Omit<Ready, 'httpTls' | 'data'> {
  return {
    deployment: first === null ? null : { id: first.deployment.id, name: first.deployment.name },
    address: first?.deployment.address ?? null,
    bind: config.bind,
    ...ports,
    httpBind: config.httpBind,
    ...(first?.username == null ? {} : { username: first.username }),
    ...(first?.password == null ? {} : { password: first.password }),
    ca: certificates.caPath ?? '',
  };
}
