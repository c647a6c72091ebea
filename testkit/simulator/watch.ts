import type { DeploymentId } from '../../packages/engine/ids.ts';
import type { EngineEvent } from '../../packages/engine/ports.ts';
import type { Device } from './device.ts';
import { shortenExpiry } from './expiry.ts';
import type { SimMessage } from './ledger.ts';
import { demand } from './violation.ts';
import type { World } from './world.ts';

/** Drops that are counted, by the counter that says them all. */
const dropCounters = {
  'limit.queue': 'messagesDroppedQueue',
  'limit.expired': 'messagesDroppedExpired',
  'limit.client-packet-size': 'messagesDroppedTooLarge',
  'limit.outbound-buffer': 'messagesDroppedBuffer',
} as const;

/** Hears the events of the engine, tells the model what they mean, and judges after each input. */
export class Watch {
  readonly #world: World;
  /** Of QoS 1 and 2 messages, how many the engine has counted as dropped, by deployment. */
  readonly allowance = new Map<DeploymentId, number>();
  /** Said by events in this life of the engine, by deployment and fault. */
  #said = new Map<string, number>();
  /** Wills whose batch is not durable yet. */
  #published: { readonly message: SimMessage; readonly batch: number }[] = [];
  /** Clients that a session was made for, and whose connection has not been accepted yet. */
  readonly #created = new Set<Device>();
  /** The highest value that each limit had, since lowering it takes nothing away. */
  readonly #queueMax = new Map<DeploymentId, number>();

  constructor(world: World) {
    this.#world = world;
  }

  event(event: EngineEvent): void {
    const world = this.#world;
    world.trace(
      () => `  ${event.kind} ${event.fault ?? ''} ${event.clientId ?? ''} ${event.detail ?? ''} x${event.count}`,
    );
    demand(
      event.deployment !== null && world.scenario.deployments.includes(event.deployment),
      'events name their deployment',
      () => event.kind,
    );
    switch (event.kind) {
      case 'connection.accepted':
        this.#accepted(event);
        break;
      case 'session.created':
        this.#created.add(this.#deviceOf(event));
        world.sessions.created(this.#deviceOf(event), world.disk.openBatch);
        break;
      case 'connection.closed':
        this.#closed(event);
        break;
      case 'connection.refused':
        this.#refused(event);
        break;
      case 'will.published':
        this.#willPublished(event);
        break;
      case 'message.dropped':
        this.#dropped(event, event.deployment);
        break;
      case 'subscription.removed':
        if (event.fault === 'access.subscription-revoked') this.#revoked(event);
        break;
      case 'subscription.refused':
        if (event.fault === 'access.subscribe-denied') world.coverage.saw('subscribe denied by a rule');
        break;
      case 'publish.refused':
        if (event.fault === 'access.publish-denied') world.coverage.saw('publish denied by a rule');
        if (event.fault === 'server.storage') this.#putOff(event);
        break;
      case 'reading.paused':
        if (event.fault === 'server.busy' || event.fault === 'server.storage')
          world.coverage.saw('publishers held back by the journal');
        if (event.fault === 'limit.message-rate') world.coverage.saw('client held back by a rate');
        break;
      default:
        break;
    }
  }

  #deviceOf({ deployment, clientId }: EngineEvent) {
    return this.#world.device(deployment as DeploymentId, clientId ?? '');
  }

  #accepted(event: EngineEvent): void {
    const world = this.#world;
    const device = this.#deviceOf(event);
    const wire = event.connection === null ? undefined : world.wires.get(event.connection);
    demand(wire !== undefined, 'a connection that is accepted is there', () => String(event.connection));
    const present = event.detail === 'session present';
    wire.isAccepted = true;
    wire.hasNewSession = this.#created.delete(device);
    demand(present === !wire.hasNewSession, 'events say what happened', () => device.name);
    const expiry = shortenExpiry(wire.expirySeconds, wire.version, world.rules.limits(device.profile.deployment));
    world.sessions.accepted(device, wire, present, expiry, world.now);
    world.wills.accepted(device, wire, expiry, world.disk.openBatch, world.now);
  }

  #closed(event: EngineEvent): void {
    const world = this.#world;
    const { connection, fault } = event;
    if (connection === null) return;
    const device = this.#deviceOf(event);
    const wire = world.wires.get(connection) ?? world.leaving;
    const goodbye = wire?.goodbye ?? null;
    if (fault === 'closed.by-client')
      demand(goodbye?.reasonCode === 0, 'only DISCONNECT 0x00 takes the will with it', () => device.name);
    const isObeyed = fault === 'closed.by-client' || fault === 'closed.with-will';
    const asked = isObeyed ? (goodbye?.expirySeconds ?? null) : null;
    const limits = world.rules.limits(device.profile.deployment);
    const expirySeconds = asked === null ? null : shortenExpiry(asked, device.profile.version, limits);
    const { now, isDraining } = world;
    const batch = world.disk.openBatch;
    world.wills.closed(device, connection, fault, { expirySeconds, batch, now, isDraining });
    world.sessions.closed(device, connection, expirySeconds, batch, now);
    world.ledger.closed(connection, world.stamp());
    if (fault === 'session.taken-over') world.coverage.saw('take-over');
    if (fault === 'connection.keep-alive') world.coverage.saw('keep-alive ran out');
    if (fault === 'limit.packet-size') world.coverage.saw('oversized packet refused');
    if (fault === 'protocol.malformed' || fault === 'protocol.error') world.coverage.saw('malformed bytes refused');
    if (fault === 'connection.kicked') world.coverage.saw('client kicked');
  }

  #refused({ fault, connection }: EngineEvent): void {
    const { coverage, ledger } = this.#world;
    if (connection !== null) ledger.closed(connection, this.#world.stamp());
    if (fault === 'limit.sessions') coverage.saw('session over the limit refused');
    if (fault === 'limit.connect-rate') coverage.saw('connects over the rate refused');
    if (fault === 'server.storage') coverage.saw('connect refused, for nothing can be stored');
    if (fault === 'server.busy') coverage.saw('new session refused for memory');
  }

  #willPublished(event: EngineEvent): void {
    const world = this.#world;
    const batch = world.disk.openBatch;
    const message = world.wills.published(this.#deviceOf(event), event.detail ?? '', batch, world.now);
    message.transmissions++;
    message.lives.add(world.crashes);
    if (message.ackedAt === null) message.settledAt = null;
    this.#published.push({ message, batch });
    if (!world.disk.durable) this.durable(batch);
  }

  #dropped(event: EngineEvent, deployment: DeploymentId): void {
    const { fault, detail, count } = event;
    const { coverage, ledger } = this.#world;
    if (fault === 'limit.retained') {
      coverage.saw('message over the limit of retained messages');
      // Which one it was is not said: none that was on its way can be relied on.
      for (const message of ledger.retained(deployment, detail ?? ''))
        if (message.ackedAt === null) message.isRetainDoubtful = true;
      return;
    }
    const key = `${deployment} ${fault}`;
    this.#said.set(key, (this.#said.get(key) ?? 0) + count);
    if (fault === 'limit.queue') coverage.saw('queue full, oldest dropped', count);
    if (fault === 'limit.expired') coverage.saw('message expired in a queue', count);
    if (fault === 'limit.outbound-buffer') coverage.saw('QoS 0 dropped for a slow reader', count);
    if (fault === 'limit.client-packet-size') coverage.saw('message larger than the client takes', count);
  }

  #putOff({ deployment, clientId, detail }: EngineEvent): void {
    const { coverage, ledger } = this.#world;
    coverage.saw('publish refused, for nothing can be stored');
    for (const message of ledger.messages)
      if (message.deployment === deployment && message.publisher === clientId && message.topic === detail)
        message.wasPutOff ||= message.ackedAt === null;
  }

  #revoked(event: EngineEvent): void {
    this.#world.coverage.saw('subscription revoked by a rule');
    this.#deviceOf(event).subscribing.revoked((event.detail ?? '').split(' ')[0] ?? '');
  }

  /** Everything up to this batch survives. */
  durable(batch: number): void {
    const { now } = this.#world;
    const stamp = this.#world.stamp();
    const [done, rest] = [
      this.#published.filter((entry) => entry.batch <= batch),
      this.#published.filter((entry) => entry.batch > batch),
    ];
    for (const { message } of done) {
      message.ackedAt ??= stamp;
      message.settledAt ??= stamp;
      message.ackedTime = now;
    }
    this.#published = rest;
  }

  // Judging.

  /** What holds after every input. */
  judge(): void {
    const world = this.#world;
    world.wills.judge(world.now);
    for (const deployment of world.scenario.deployments) {
      const counters = world.engine.counters(deployment);
      if (counters === null) continue;
      const limits = world.rules.limits(deployment);
      const most = Math.max(limits.queuedMessages ?? Infinity, this.#queueMax.get(deployment) ?? 0);
      this.#queueMax.set(deployment, most);
      const what = (): string => `${deployment}: ${JSON.stringify(counters)}`;
      demand(counters.queuedMessages <= most * counters.sessions, 'queues keep their limit', what);
      demand(counters.sessions <= (limits.sessions ?? Infinity), 'sessions keep their limit', what);
      demand(counters.connections <= counters.sessions, 'a connection has a session', what);
      demand(
        counters.subscriptions <= (limits.subscriptionsPerClient ?? Infinity) * counters.sessions,
        'subscriptions keep their limit',
        what,
      );
      demand(
        counters.retainedMessages <= (limits.retainedMessages ?? Infinity),
        'retained messages keep their limit',
        what,
      );
      for (const [name, value] of Object.entries(counters))
        demand(value >= 0, 'no counter is negative', () => `${name}: ${what()}`);
    }
    for (const wire of world.wires.values()) {
      const most = world.rules.limits(wire.profile.deployment).outboundBufferBytes ?? Infinity;
      // Twice the limit, and what one input may add to it.
      demand(
        wire.bufferedBytes <= 2 * most + 8192,
        'outbound buffers keep their limit',
        () => `${wire.id}: ${wire.bufferedBytes}`,
      );
    }
  }

  /** The engine is about to go: what it has counted counts. */
  beforeCrash(): void {
    const world = this.#world;
    for (const deployment of world.scenario.deployments) this.#count(deployment);
    this.#said = new Map();
    // Killed before it could say that it had accepted the connection; CONNACK may be out all the same.
    for (const device of this.#created) if (device.wire !== null) device.wire.hasNewSession = true;
    this.#created.clear();
  }

  #count(deployment: DeploymentId): void {
    const counters = this.#world.engine.counters(deployment);
    if (counters === null) return;
    const dropped = counters.messagesDroppedQueue + counters.messagesDroppedTooLarge;
    this.allowance.set(deployment, (this.allowance.get(deployment) ?? 0) + dropped);
  }

  restarted(durableBatch: number): void {
    const world = this.#world;
    // What was published in a lost batch was not.
    this.#published = [];
    world.sessions.restarted(durableBatch, world.now);
    world.wills.restarted(durableBatch, world.scenario.graceMs, world.now);
    const stamp = world.stamp();
    for (const message of world.ledger.messages) if (!message.isWill) message.settledAt ??= stamp;
  }

  /** What the engine has counted as dropped, for any reason, in this life. */
  get dropCount(): number {
    const world = this.#world;
    let sum = 0;
    for (const deployment of world.scenario.deployments) {
      const counters = world.counters(deployment);
      for (const counter of Object.values(dropCounters)) sum += counters[counter];
    }
    return sum;
  }

  /** At rest, every drop has been said by an event. */
  judgeDrops(): void {
    const world = this.#world;
    for (const deployment of world.scenario.deployments) {
      const counters = world.counters(deployment);
      for (const [fault, counter] of Object.entries(dropCounters)) {
        const said = this.#said.get(`${deployment} ${fault}`) ?? 0;
        demand(
          said === counters[counter],
          'every drop is counted and said',
          () => `${deployment} ${fault}: ${said} said, ${counters[counter]} counted`,
        );
      }
    }
  }

  /** How many acknowledged messages of a deployment may be missing. */
  mayBeMissing(deployment: DeploymentId): number {
    const { messagesDroppedQueue, messagesDroppedTooLarge } = this.#world.counters(deployment);
    return (this.allowance.get(deployment) ?? 0) + messagesDroppedQueue + messagesDroppedTooLarge;
  }

  /** The deployment was made anew. */
  remade(deployment: DeploymentId): void {
    for (const fault of Object.keys(dropCounters)) this.#said.delete(`${deployment} ${fault}`);
  }
}
