import {
  decodeConnect,
  DecodeError,
  packetSize,
  ReasonCode,
  UnsupportedVersionError,
  utf8Length,
  type ConnectPacket,
  type ProtocolVersion,
} from '../../codec/mod.ts';
import type { FaultName } from '../../faults/mod.ts';
import type { Broker } from '../broker.ts';
import type { Limits } from '../limits.ts';
import { openSession, resumeSession } from '../lifecycle.ts';
import type { Verdict } from '../ports.ts';
import { OutboundAliases } from '../session/aliases.ts';
import { NEVER_EXPIRES } from '../session/session.ts';
import { willOf, type Will } from '../session/will.ts';
import { isValidTopicName } from '../topic/names.ts';
import type { Connection } from './connection.ts';
import type { Connected } from './connection-state.ts';
import { DEFAULT_MANNERS, dialectOf, type Acceptance, type Manners } from './dialect.ts';
import { faultOfDecodeError } from './malformed.ts';

/** A CONNECT whose user name and password are being checked. */
export interface Login {
  readonly broker: Broker;
  readonly clientId: string;
  /** The client gave no identifier, so it is told the one that it got. */
  readonly clientIdAssigned: boolean;
  readonly username: string | null;
  readonly cleanStart: boolean;
  /** Seconds, as the client asked (5.0) or as 3.x implies. */
  readonly expiryInterval: number;
  readonly keepAlive: number;
  readonly will: Will | null;
  readonly receiveMaximum: number;
  readonly topicAliasMaximum: number;
}

/** Set in the protocol level by bridges. */
const BRIDGE_BIT = 0x80;
const RECEIVE_MAXIMUM_DEFAULT = 65_535;
/** Aliases that the server itself uses towards one client at most: each costs memory. */
const OUTBOUND_ALIASES_MAX = 32;

/** The first packet (MQTT 5.0 section 3.1): finds the deployment, then asks for a verdict on the credentials. */
export function handleConnect(connection: Connection, now: number): void {
  const packet = readConnect(connection, now);
  if (packet === null) return;
  const { world, facts } = connection;
  connection.version = packet.version;
  connection.manners = mannersOf(packet);
  const refuse = (fault: FaultName, detail: string | null = null): void =>
    refuseConnect(connection, fault, detail, now);

  const location = world.policy.locate(facts);
  const deployment = location.deployment;
  connection.identity = { deployment, clientId: packet.clientId, username: packet.username };
  if (world.draining) return refuse('server.draining');
  // No credential is looked up before the deployment is known.
  if (location.kind === 'refused') return refuse(location.fault, facts.serverName ?? facts.host);
  const broker = world.broker(location.deployment);
  if (broker === undefined) return refuse('deployment.stopped');
  if (packet.properties?.authenticationMethod !== undefined)
    // Put together, so that it is a text of its own: a piece of another one keeps that in memory.
    return refuse('protocol.authentication-method', `method ${packet.properties.authenticationMethod.slice(0, 100)}`);
  const { limits } = broker.context;
  const wrong = judgeClientId(packet, limits);
  if (wrong !== null) {
    if (packet.clientId !== '') broker.context.reached.clientIdBytes++;
    return refuse('protocol.client-id', wrong);
  }
  // [MQTT-3.1.3-11], and a Topic Name has no wildcards [MQTT-4.7.1-1].
  if (packet.will !== null && !isValidTopicName(packet.will.topic))
    return refuse('protocol.error', 'invalid Will Topic');
  if (!broker.connects.tryTake(now)) {
    broker.context.reached.connectsPerSecond++;
    const { version, manners } = connection;
    return connection.refuseLater(
      'limit.connect-rate',
      dialectOf(version).refused('limit.connect-rate', version, manners),
      now,
    );
  }

  const clientId = packet.clientId === '' ? world.policy.newClientId() : packet.clientId;
  if (clientId !== packet.clientId) connection.identity = { deployment, clientId, username: packet.username };
  const login: Login = {
    broker,
    clientId,
    clientIdAssigned: packet.clientId === '',
    username: packet.username,
    cleanStart: packet.cleanStart,
    expiryInterval: askedExpiry(packet),
    keepAlive: packet.keepAlive,
    will: packet.will === null ? null : willOf(packet.will),
    receiveMaximum: packet.properties?.receiveMaximum ?? RECEIVE_MAXIMUM_DEFAULT,
    topicAliasMaximum: packet.properties?.topicAliasMaximum ?? 0,
  };
  connection.state = { kind: 'authenticating', login };
  world.policy.authenticate(connection.connection, {
    deployment: location.deployment,
    clientId,
    username: packet.username,
    password: packet.password?.slice() ?? null,
    remoteAddress: facts.remoteAddress,
  });
}

/** Decodes CONNECT; what cannot be read is refused in the version that it names, if it names one. */
function readConnect(connection: Connection, now: number): ConnectPacket | null {
  const { framer } = connection;
  try {
    const packet = decodeConnect(framer.header, framer.buffer, framer.bodyStart, framer.end);
    // 3.x devices may pad it; which version it is, is known only now.
    if (packet.version === 5 && packetSize(framer.end - framer.bodyStart) !== framer.end - framer.start)
      throw new DecodeError(ReasonCode.malformedPacket, 'Remaining Length is not in its shortest form', 'MQTT-1.5.5-1');
    return packet;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const fault = faultOfDecodeError(error);
    if (error instanceof UnsupportedVersionError) {
      // [MQTT-3.1.2-2]: a 3.x client understands the return codes of 3.x, a newer one the reason codes of 5.0.
      const version: ProtocolVersion = error.level >= 5 ? 5 : 4;
      connection.refuse(fault, error.message, now, dialectOf(version).refused(fault, version, DEFAULT_MANNERS));
      return null;
    }
    const version = statedVersion(connection);
    const answers = version === 5 || (version !== null && fault === 'protocol.client-id');
    connection.refuse(
      fault,
      error.message,
      now,
      answers ? dialectOf(version).refused(fault, version, DEFAULT_MANNERS) : null,
    );
    return null;
  }
}

/** The protocol level behind the protocol name; null where it is none that we know. */
function statedVersion({ framer }: Connection): ProtocolVersion | null {
  const { buffer, bodyStart, end } = framer;
  const at = bodyStart + 2 + (((buffer[bodyStart] ?? 0) << 8) | (buffer[bodyStart + 1] ?? 0));
  const level = at < end ? (buffer[at] ?? 0) & ~BRIDGE_BIT : 0;
  return level === 3 || level === 4 || level === 5 ? level : null;
}

function mannersOf(packet: ConnectPacket): Manners {
  return {
    problemInformation: packet.properties?.requestProblemInformation !== 0,
    maximumPacketSize: packet.properties?.maximumPacketSize ?? Infinity,
  };
}

function refuseConnect(connection: Connection, fault: FaultName, detail: string | null, now: number): void {
  const { version, manners } = connection;
  connection.refuse(fault, detail, now, dialectOf(version).refused(fault, version, manners));
}

/** Says what is wrong with the Client Identifier; null when nothing is. */
function judgeClientId(packet: ConnectPacket, limits: Limits): string | null {
  if (packet.clientId === '') {
    // [MQTT-3.1.3-7]: only 5.0, and 3.1.1 with Clean Session 1, may leave it out; 3.1 needs one.
    if (packet.version === 5 || (packet.version === 4 && packet.cleanStart)) return null;
    return 'empty client id with Clean Session 0';
  }
  const { clientIdBytes } = limits;
  if (clientIdBytes !== null && utf8Length(packet.clientId) > clientIdBytes)
    return `client id of more than ${clientIdBytes} bytes`;
  return null;
}

function askedExpiry(packet: ConnectPacket): number {
  if (packet.version === 5) return packet.properties?.sessionExpiryInterval ?? 0;
  // [MQTT-3.1.2-6] of 3.1.1: Clean Session 0 lasts, how long is the server's choice.
  return packet.cleanStart ? 0 : NEVER_EXPIRES;
}

/** Shortens a Session Expiry Interval, in seconds, to what the deployment allows. */
export function shortenExpiry(asked: number, version: ProtocolVersion, limits: Limits): number {
  const most = version === 5 ? limits.sessionExpirySeconds : limits.sessionExpiryV3Seconds;
  return most === null ? asked : Math.min(asked, most);
}

/** The user name and password have been checked. */
export function handleVerdict(connection: Connection, login: Login, verdict: Verdict, now: number): void {
  const { world, version } = connection;
  const { broker, clientId } = login;
  const { limits } = broker.context;
  if (verdict.kind === 'refused') {
    if (verdict.fault === 'limit.failed-logins') {
      broker.context.reached.failedLoginsPerMinute++;
      // Whoever may not even try takes none of the connects of those who may.
      broker.connects.giveBack();
    }
    return refuseConnect(connection, verdict.fault, null, now);
  }
  // The deployment may have been stopped, or the service, while the verdict was on its way.
  if (world.draining) return refuseConnect(connection, 'server.draining', null, now);
  if (world.broker(broker.deployment) !== broker) return refuseConnect(connection, 'deployment.stopped', null, now);
  const full =
    overLimit(broker, login, limits) ?? (world.overloaded && !broker.sessions.has(clientId) ? 'server.busy' : null);
  if (full === 'server.busy') world.overload.count++;
  if (full !== null) return refuseConnect(connection, full, null, now);

  const expiryInterval = shortenExpiry(login.expiryInterval, version, limits);
  if (broker.storage.state !== 'ready' && needsStorage(login, expiryInterval)) {
    if (broker.storage.state === 'failed') return refuseConnect(connection, 'server.storage', null, now);
    broker.storage.wait(connection);
    return;
  }
  applyLimits(connection, login, limits, now);
  const { keepAliveMs, serverKeepAlive } = keepAliveOf(login, version, limits);
  const acceptance: Acceptance = {
    version,
    sessionPresent: false,
    sessionExpiryInterval: expiryInterval === login.expiryInterval ? null : expiryInterval,
    assignedClientIdentifier: login.clientIdAssigned ? clientId : null,
    serverKeepAlive,
    receiveMaximum: connection.announcedReceiveMaximum,
    maximumPacketSize: connection.framer.maximumPacketSize,
    topicAliasMaximum: connection.topicAliasMaximum,
  };
  const fitted = fitAcceptance(acceptance, connection.manners);
  if (fitted === null) {
    // [MQTT-3.1.2-24]: the client takes no packet that is large enough to accept it with.
    connection.refuse('limit.client-packet-size', 'CONNACK is larger than the Maximum Packet Size', now);
    return;
  }
  connection.topicAliasMaximum = fitted.topicAliasMaximum;
  broker.context.store.mark();
  const { reached } = broker.context;
  if (expiryInterval !== login.expiryInterval)
    reached[version === 5 ? 'sessionExpirySeconds' : 'sessionExpiryV3Seconds']++;
  if (keepAliveMs !== login.keepAlive * 1500) reached.keepAliveSeconds++;
  const { session, present } = openSession(
    broker,
    { clientId, username: login.username, version, cleanStart: login.cleanStart, expiryInterval, will: login.will },
    connection,
    now,
  );
  const state: Connected = { kind: 'connected', broker, session };
  broker.counters.connectsAccepted++;
  const connack = dialectOf(version).accepted({ ...fitted, sessionPresent: present }, connection.manners);
  connection.connect(state, keepAliveMs, connack ?? new Uint8Array(0), broker.context.store.written, now);
  connection.emit('connection.accepted', null, present ? 'session present' : null, now);
  resumeSession(broker, session, now);
}

/** Whether the journal has to hear of the session: it outlives its connection, takes the place of one that does, or has a will. */
function needsStorage({ broker, clientId, will }: Login, expiryInterval: number): boolean {
  if (!broker.context.store.waits) return false;
  return expiryInterval > 0 || will !== null || broker.sessions.get(clientId)?.persistent === true;
}

/** What fits into the Maximum Packet Size of the client: topic aliases are the one thing to do without. Null: nothing. */
function fitAcceptance(acceptance: Acceptance, manners: Manners): Acceptance | null {
  if (manners.maximumPacketSize === Infinity) return acceptance;
  for (const attempt of [acceptance, { ...acceptance, topicAliasMaximum: 0 }]) {
    if (dialectOf(attempt.version).accepted(attempt, manners) !== null) return attempt;
  }
  return null;
}

/** The limit that keeps a new session out; null when none does. A client that comes back to its session is let in. */
function overLimit(broker: Broker, login: Login, limits: Limits): FaultName | null {
  if (broker.sessions.has(login.clientId)) return null;
  const { reached } = broker.context;
  if (limits.sessions !== null && broker.sessions.size >= limits.sessions) {
    reached.sessions++;
    return 'limit.sessions';
  }
  const { username } = login;
  if (
    limits.sessionsPerUsername !== null &&
    username !== null &&
    (broker.sessionsOfUser.get(username) ?? 0) >= limits.sessionsPerUsername
  ) {
    reached.sessionsPerUsername++;
    return 'limit.sessions-per-user';
  }
  return null;
}

function applyLimits(connection: Connection, login: Login, limits: Limits, now: number): void {
  // [MQTT-1.5.5-1]: 5.0 wants the shortest form; 3.x devices may pad.
  connection.framer.shortestLengths = connection.version === 5;
  connection.framer.maximumPacketSize = limits.packetSizeBytes ?? 268_435_460;
  connection.clientReceiveMaximum = login.receiveMaximum;
  connection.receiveMaximum = Math.min(login.receiveMaximum, limits.inFlightOut ?? RECEIVE_MAXIMUM_DEFAULT);
  connection.announcedReceiveMaximum = limits.inFlightIn ?? RECEIVE_MAXIMUM_DEFAULT;
  connection.topicAliasMaximum = connection.version === 5 ? (limits.topicAliases ?? 0) : 0;
  const aliases = Math.min(login.topicAliasMaximum, OUTBOUND_ALIASES_MAX);
  connection.aliases = aliases > 0 ? new OutboundAliases(aliases) : null;
  connection.intake.setRates(limits, now);
}

/** [MQTT-3.1.2-21] [MQTT-3.1.2-22]: a shorter keep-alive of ours is said with Server Keep Alive in 5.0. */
function keepAliveOf(
  login: Login,
  version: ProtocolVersion,
  limits: Limits,
): { keepAliveMs: number; serverKeepAlive: number | null } {
  const { keepAliveSeconds } = limits;
  const shortened = keepAliveSeconds !== null && (login.keepAlive === 0 || login.keepAlive > keepAliveSeconds);
  const seconds = shortened ? keepAliveSeconds : login.keepAlive;
  return { keepAliveMs: seconds * 1500, serverKeepAlive: shortened && version === 5 ? seconds : null };
}
