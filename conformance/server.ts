import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RawOptions } from '../testkit/raw-client.ts';
import { Service } from '../testkit/service.ts';

/** What a client needs to reach a deployment and to log in. */
export interface Target {
  readonly serverName: string;
  readonly username: string;
  readonly password: string;
}

/** The service under test, started once a run. */
export interface Server {
  readonly service: Service;
  /** Has no limits on rates. */
  readonly standard: Target;
  /** Has the limits of `tightLimits`. */
  readonly tight: Target;
}

/** Limits that are low enough to be reached; see `docs/reference/choices.md` for what they do. */
export const tightLimits = {
  keepAliveSeconds: 20,
  packetSizeBytes: 2048,
  topicAliases: 0,
  inFlightIn: 2,
  sessionExpirySeconds: 60,
  subscriptionsPerClient: 3,
  retainedMessages: 1,
} as const;

/** A second user of the deployment without limits; the password is the same. */
export const otherUsername = 'other';

/** How clients connect that name no transport: CONFORMANCE_TRANSPORT=wss runs the whole suite over WebSocket. */
export const usualTransport = process.env['CONFORMANCE_TRANSPORT'] === 'wss' ? 'wss' : 'tls';

let running: Server | null = null;

/** Starts the service, with a second deployment that has tight limits. */
export async function startServer(): Promise<void> {
  const service = await Service.start();
  const { username } = service.ready;
  const { password } = service;
  const passwordFile = join(service.dataDirectory, 'conformance.password');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  await service.berthJson(
    'credential',
    'add',
    service.ready.deployment.id,
    otherUsername,
    '--password-file',
    passwordFile,
  );
  const made = await service.berthJson<{ id: string; address: string }>('deployment', 'create', 'tight');
  await service.berthJson('credential', 'add', made.id, username, '--password-file', passwordFile);
  const limits = Object.entries(tightLimits).flatMap(([name, value]) => ['--limit', `${name}=${value}`]);
  await service.berthJson('deployment', 'set', made.id, ...limits);
  running = {
    service,
    standard: { serverName: 'localhost', username, password },
    tight: { serverName: made.address, username, password },
  };
}

export async function stopServer(): Promise<void> {
  await running?.service[Symbol.asyncDispose]();
  running = null;
}

/** The running service. @throws Error where it has not been started. */
export function server(): Server {
  if (running === null) throw new Error('the service has not been started');
  return running;
}

/** How to reach a deployment over TLS or over WebSocket over TLS. */
export function rawOptions(target: Target, transport: 'tls' | 'wss'): RawOptions {
  const { mqtts, wss } = server().service.ready;
  const { serverName } = target;
  return { transport, port: transport === 'tls' ? mqtts : wss, serverName, hostHeader: serverName };
}
