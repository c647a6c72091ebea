import { Engine } from '../../packages/engine/engine.ts';
import type { ConnectionId, DeploymentId } from '../../packages/engine/ids.ts';
import type { CloseCause, DeploymentCounters } from '../../packages/engine/ports.ts';
import type { Random } from '../random.ts';
import { Coverage } from './coverage.ts';
import { Device } from './device.ts';
import { Disk, inAnyOrder } from './disk.ts';
import { Killed } from './killed.ts';
import { Ledger } from './ledger.ts';
import { outboxOf } from './outbox.ts';
import { RestrictionHistory } from './restriction-history.ts';
import { Rules, type Restrictions } from './rules.ts';
import { checkerOf, type Scenario } from './scenario.ts';
import { Sessions } from './sessions.ts';
import { demand, Violation } from './violation.ts';
import { Watch } from './watch.ts';
import { Wills } from './wills.ts';
import { Wire } from './wire.ts';

/** How long the edge waits for a device to take its last bytes. */
const lingerMs = 5_000;
/** When the network gives up a connection whose device has fallen silent. */
const silenceMs = 120_000;

/** The engine with everything around it: network, disk, clock, policy, devices, and the model that judges it. */
export class World {
  readonly scenario: Scenario;
  readonly coverage = new Coverage();
  readonly ledger = new Ledger();
  readonly sessions = new Sessions();
  readonly wills = new Wills();
  /** The clients of the scenario. */
  readonly actors: readonly Device[];
  /** One in each deployment that looks closer at rest. */
  readonly checkers: readonly Device[];
  readonly devices: readonly Device[];
  readonly rules: Rules;
  readonly restricted = new RestrictionHistory();
  readonly watch: Watch;
  readonly wires = new Map<ConnectionId, Wire>();
  /** The one whose end the engine is being told: what had come of it is handled first, a DISCONNECT among it. */
  leaving: Wire | null = null;
  now = Date.UTC(2026, 0, 1);
  engine: Engine;
  disk: Disk;
  /** How often the service was killed. */
  crashes = 0;
  /** The engine is stopping. */
  isDraining = false;
  /** Effects after which the process is killed. */
  effectsLeft = Infinity;
  /** Ends the way in which the process is started again after a kill. */
  random: Random;
  /** The highest batch that the engine was told of. */
  #told = 0;
  #stamp = 0;
  /** While the engine hears of durable batches: since when packets may have waited for them. */
  #heldSince: number | null = null;
  #lastConnection = 0;
  readonly #tracer: ((line: string) => void) | null;

  constructor(scenario: Scenario, random: Random, tracer: ((line: string) => void) | null) {
    this.scenario = scenario;
    this.random = random;
    this.#tracer = tracer;
    const effect = (): void => this.#effect();
    this.rules = new Rules(scenario.limits, effect);
    this.disk = new Disk(scenario.durable, effect, () => this.now);
    this.actors = scenario.devices.map((profile) => new Device(this, profile));
    this.checkers = scenario.deployments.map((deployment) => new Device(this, checkerOf(deployment)));
    this.devices = [...this.actors, ...this.checkers];
    this.watch = new Watch(this);
    this.engine = this.#newEngine();
    for (const deployment of scenario.deployments) this.engine.addDeployment(deployment, this.now);
  }

  /** When what is sent now was made at the earliest. */
  get madeAt(): number {
    return this.#heldSince ?? this.now;
  }

  /** Numbers what happens, so that it can be said what came first. */
  stamp(): number {
    return ++this.#stamp;
  }

  trace(line: () => string): void {
    this.#tracer?.(`${((this.now - Date.UTC(2026, 0, 1)) / 1000).toFixed(3)} ${line()}`);
  }

  device(deployment: DeploymentId, clientId: string): Device {
    const found = this.devices.find(
      ({ profile }) => profile.deployment === deployment && profile.clientId === clientId,
    );
    demand(found !== undefined, 'events are about clients that there are', () => `${deployment}/${clientId}`);
    return found;
  }

  counters(deployment: DeploymentId): Readonly<DeploymentCounters> {
    const counters = this.engine.counters(deployment);
    demand(counters !== null, 'a deployment is there', () => deployment);
    return counters;
  }

  // Ports of the engine.

  #newEngine(): Engine {
    return new Engine({
      outbox: outboxOf(this, () => this.#effect()),
      journal: this.disk,
      policy: this.rules,
      // Messages are small here: in half of the scenarios all are stored as large ones are.
      ...(this.scenario.devices.length % 2 === 0 ? { contentBytesMin: 0 } : {}),
      events: {
        emit: (event) => {
          this.#effect();
          this.watch.event(event);
        },
      },
    });
  }

  #effect(): void {
    if (--this.effectsLeft <= 0) throw new Killed(this);
  }

  /** Gives the engine an input. @returns false where the process was killed in the middle of it. */
  input(what: string, call: (engine: Engine, now: number) => void): boolean {
    this.trace(() => `> ${what}`);
    try {
      call(this.engine, this.now);
    } catch (error) {
      this.#judgeError(error, what);
      this.coverage.saw('crash inside an input');
      this.kill();
      return false;
    }
    this.watch.judge();
    return true;
  }

  /** @throws Violation for everything but the kill that was to happen. */
  #judgeError(error: unknown, what: string): void {
    if (error instanceof Violation) throw error;
    if (error instanceof Killed && error.world === this) return;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    throw new Violation('the engine does not throw', `${what}: ${text}`);
  }

  // The network.

  open(device: Device): Wire {
    const { profile } = device;
    const id = ++this.#lastConnection as ConnectionId;
    const wire = new Wire(id, profile, profile.window, this.crashes);
    this.wires.set(id, wire);
    this.input(`connection ${id} of ${device.name} opened`, (engine, now) =>
      engine.opened(
        id,
        {
          listener: 'mqtts',
          deployment: profile.deployment,
          serverName: null,
          host: null,
          remoteAddress: '192.0.2.1',
          remotePort: id,
          tlsVersion: null,
          acceptedAt: now,
        },
        now,
      ),
    );
    return wire;
  }

  /** So many bytes reach the engine, and behind the last of them the end of the connection where there is one. */
  carryUp(wire: Wire, count: number): void {
    if (wire.isOver) return;
    if (wire.upBytes > 0 && !wire.paused && wire.ending === null) {
      const bytes = wire.takeUp(count);
      this.input(`${bytes.byteLength} bytes from ${wire.id}`, (engine, now) => engine.data(wire.id, bytes, now));
      // The receive buffer is the edge's: what the engine keeps, it has to have copied.
      bytes.fill(0xee);
    }
    if (wire.upBytes === 0 || wire.paused || wire.ending !== null) this.#endIfGone(wire);
  }

  #endIfGone(wire: Wire): void {
    if (wire.deviceGone === 'closed') this.over(wire, { kind: 'peer' });
    else if (wire.deviceGone === 'lost') this.over(wire, { kind: 'lost', detail: 'reset' });
  }

  /** The engine hears that a connection is over. */
  over(wire: Wire, cause: CloseCause): void {
    if (wire.isOver) return;
    wire.isOver = true;
    this.wires.delete(wire.id);
    this.leaving = wire;
    this.input(`${wire.id} is over: ${cause.kind}`, (engine, now) => engine.closed(wire.id, cause, now));
    this.leaving = null;
  }

  /** Bytes have left the edge, or more wait there than the engine knows. */
  tellDrained(wire: Wire): void {
    if (wire.isOver || wire.answered === wire.bufferedBytes) return;
    wire.answered = wire.bufferedBytes;
    this.input(`${wire.answered} bytes wait for ${wire.id}`, (engine, now) =>
      engine.drained(wire.id, wire.answered, now),
    );
  }

  tellDrainedAll(): void {
    for (const wire of [...this.wires.values()]) this.tellDrained(wire);
  }

  /** The device reads so many bytes of its connection, and the edge says what is still buffered. */
  readBy(device: Device, count: number): void {
    const { wire } = device;
    if (wire === null) return;
    device.read(count);
    this.tellDrained(wire);
  }

  /** What the engine has ended, and what the network has given up, is over. */
  sweep(): void {
    for (const wire of [...this.wires.values()]) {
      const { ending } = wire;
      if (ending !== null) {
        const isSent = wire.bufferedBytes === 0 || wire.deviceGone !== null;
        if (isSent || this.now - ending.at > lingerMs) this.over(wire, { kind: 'local' });
      } else if (wire.deviceGone === 'silent' && this.now - wire.silentSince > silenceMs)
        this.over(wire, { kind: 'lost', detail: 'timed out' });
    }
  }

  // Clock and disk.

  /** Time goes on; the engine is ticked at each moment that it asked for. */
  advance(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (let at = this.engine.nextTickAt; at <= end; at = this.engine.nextTickAt) {
      this.now = Math.max(this.now, at);
      if (!this.input('tick', (engine, now) => engine.tick(now))) return;
    }
    this.now = Math.max(this.now, end);
    this.watch.judge();
  }

  /** The turn of the loop is over: work that was left goes on, and what was changed is a batch. */
  endTurn(): void {
    if (!this.input('end of the turn', (engine, now) => engine.endTurn(now))) return;
    this.disk.endTurn();
    this.sweep();
  }

  write(): boolean {
    const isWritten = this.disk.write();
    if (isWritten) this.watch.durable(this.disk.durableBatch);
    return isWritten;
  }

  /** The engine hears what has become durable. */
  tell(): void {
    const batch = this.disk.durableBatch;
    if (batch <= this.#told) return;
    this.#told = batch;
    this.#heldSince = this.disk.untoldSince;
    this.disk.untoldSince = null;
    this.input(`durable up to ${batch}`, (engine, now) => engine.journaled(batch, now));
    this.#heldSince = null;
  }

  /** Gives the verdict on the user name and password that has waited longest. */
  giveVerdict(): void {
    const connection = this.rules.pending.shift();
    if (connection === undefined) return;
    this.input(`verdict for ${connection}`, (engine, now) =>
      engine.authenticated(connection, { kind: 'accepted' }, now),
    );
  }

  /** Forbids guests of a deployment what the restrictions say, from now on. */
  restrict(deployment: DeploymentId, restrictions: Restrictions): void {
    this.rules.restrictions.set(deployment, restrictions);
    this.restricted.begin(deployment, restrictions, this.stamp());
    // Where it is killed in the middle, the next one asks for the rules anew.
    this.input(`rules of ${deployment}: ${JSON.stringify(restrictions)}`, (engine, now) =>
      engine.policyChanged(deployment, now),
    );
    this.restricted.done(deployment, restrictions, this.stamp());
  }

  // The end of the process, and its next start.

  /** The process is killed: what was not durable is lost, and so are all connections. */
  kill(): void {
    const { random } = this;
    this.crashes++;
    this.effectsLeft = Infinity;
    this.watch.beforeCrash();
    const before = this.disk.durableBatch;
    const { disk, lost } = this.disk.afterCrash(random.between(0, this.disk.waiting + 1));
    const durableBatch = this.disk.durableBatch;
    this.coverage.saw('batch lost in a crash', lost);
    if (durableBatch > Math.max(before, this.#told))
      this.coverage.saw('batch durable that the engine had not heard of');
    this.watch.durable(durableBatch);
    this.disk = disk;
    this.#dropWires();
    this.now += random.next() < 0.6 ? random.between(0, 500) : random.between(0, 60_000);
    this.trace(() => `killed; durable up to ${durableBatch}, ${lost} batches lost`);
    this.start(durableBatch);
  }

  #dropWires(): void {
    for (const wire of this.wires.values()) {
      wire.isOver = true;
      // What the operating system had taken may still arrive.
      wire.cutDown(this.random.between(0, wire.downBytes + 1));
    }
    this.wires.clear();
    this.rules.pending = [];
  }

  /** Stops in order: everything is written and sent, then the process starts anew. */
  restart(): void {
    this.coverage.saw('orderly restart');
    this.isDraining = true;
    const isDone = this.input('drain', (engine, now) => engine.drain(now));
    this.isDraining = false;
    if (!isDone) return;
    this.disk.endTurn();
    this.disk.isFull = false;
    while (this.write());
    this.tell();
    this.watch.beforeCrash();
    const durableBatch = this.disk.durableBatch;
    this.disk = this.disk.afterCrash(0).disk;
    this.#dropWires();
    this.now += this.random.between(0, 20_000);
    this.start(durableBatch);
  }

  /** A deployment is deleted, with all that is in it; then one of the same name is made. */
  remake(deployment: DeploymentId): void {
    const isDone = this.input(`delete ${deployment}`, (engine, now) =>
      engine.closeDeployment(deployment, 'deployment.deleted', true, now),
    );
    if (!isDone) return;
    this.coverage.saw('deployment deleted and made anew');
    this.effectsLeft = Infinity;
    this.disk.forget(deployment);
    this.watch.remade(deployment);
    const stamp = this.stamp();
    for (const device of this.devices) {
      if (device.profile.deployment !== deployment) continue;
      this.sessions.forgotten(device);
      this.wills.forgotten(device);
    }
    this.ledger.forget(deployment, stamp);
    // The control plane makes it anew when nothing of the old one is left.
    this.disk.endTurn();
    this.disk.isFull = false;
    while (this.write());
    this.input(`make ${deployment}`, (engine, now) => engine.addDeployment(deployment, now));
  }

  start(durableBatch: number): void {
    this.#told = 0;
    this.watch.restarted(durableBatch);
    for (let attempt = 0; ; attempt++) {
      this.engine = this.#newEngine();
      // Killed again while it starts, now and then.
      this.effectsLeft = attempt < 2 && this.random.next() < 0.1 ? this.random.between(1, 12) : Infinity;
      try {
        for (const deployment of this.scenario.deployments)
          this.engine.restore(deployment, inAnyOrder(this.disk.records(deployment), this.random), {
            graceMs: this.scenario.graceMs,
            stoppedAt: this.now,
            now: this.now,
          });
        this.effectsLeft = Infinity;
        break;
      } catch (error) {
        this.#judgeError(error, 'restore');
        this.coverage.saw('crash inside a restart');
        this.disk = this.disk.afterCrash(0).disk;
      }
    }
    this.input('first tick', (engine, now) => engine.tick(now));
    this.disk.endTurn();
  }
}
