import type { FaultName } from '../../packages/faults/mod.ts';
import type { ConnectionId } from '../../packages/engine/ids.ts';
import type { Device } from './device.ts';
import type { SimMessage } from './ledger.ts';
import { demand } from './violation.ts';
import type { Wire } from './wire.ts';

/** The will of one connection that was accepted. */
interface Will {
  readonly device: Device;
  readonly connection: ConnectionId;
  readonly message: SimMessage;
  readonly delayMs: number;
  /** Seconds, of the session. */
  readonly expirySeconds: number;
  /** The batch that made it durable; 0: an earlier journal; Infinity: it was lost. */
  armedIn: number;
  /**
   * `armed`: the connection is there. `due`: to be published between the times below. `perhaps`: may be published, for the
   * service was killed before what happened was durable. `done`: published, or not to be.
   */
  state: 'armed' | 'due' | 'perhaps' | 'done';
  dueFrom: number;
  dueUntil: number;
  /** The batch that holds what happened last; a crash that loses it undoes it. */
  changedIn: number;
  isAfterRestart: boolean;
  /** It was armed at a restart, and that its client is away since is in the batch `changedIn`. */
  wasArmed: boolean;
  /** When its client left while the service was stopping; null elsewhere. */
  leftAt: number | null;
}

const neverExpires = 0xffff_ffff;
/** What a restart puts right is in the first batch of the new journal. */
const firstBatch = 1;

function change(will: Will, batch: number): void {
  will.changedIn = batch;
  will.wasArmed = false;
}

function endOf(from: number, expirySeconds: number): number {
  return expirySeconds === neverExpires ? Infinity : from + expirySeconds * 1000;
}

/** Which wills have to be published, when, and which must not be (MQTT 5.0 section 3.1.2.5). */
export class Wills {
  readonly #asked = new Map<ConnectionId, { message: SimMessage; delayMs: number }>();
  /** Of each client, the latest first. */
  readonly #wills = new Map<Device, Will[]>();

  /** A CONNECT with a will, or without, is on its way. */
  asked(wire: Wire, message: SimMessage | null, delaySeconds: number): void {
    if (message !== null) this.#asked.set(wire.id, { message, delayMs: wire.version === 5 ? delaySeconds * 1000 : 0 });
  }

  accepted(device: Device, wire: Wire, expirySeconds: number, batch: number, now: number): void {
    for (const will of this.#wills.get(device) ?? []) {
      // Not yet due, and the client is back [MQTT-3.1.3-9]; a clean start ends the session, so it has been published.
      if (will.state === 'due') {
        const isEnding = wire.cleanStart && will.expirySeconds > 0;
        demand(!isEnding && will.dueUntil >= now, 'a will is published [MQTT-3.1.2-8]', () => describe(will, now));
        device.world.coverage.saw('will cancelled by the return of the client');
      }
      if (will.state !== 'done') change(will, batch);
      if (will.state !== 'perhaps') will.state = 'done';
    }
    const asked = this.#asked.get(wire.id);
    if (asked === undefined) return;
    // The deployment may have been deleted while CONNECT was on its way: the will is of the one that was made anew.
    asked.message.isForgotten = false;
    const will: Will = {
      device,
      connection: wire.id,
      message: asked.message,
      delayMs: asked.delayMs,
      expirySeconds,
      armedIn: batch,
      state: 'armed',
      dueFrom: 0,
      dueUntil: 0,
      changedIn: batch,
      isAfterRestart: false,
      wasArmed: false,
      leftAt: null,
    };
    this.#wills.set(device, [will, ...(this.#wills.get(device) ?? [])].slice(0, 6));
  }

  /** A connection has ended. @param expirySeconds of the session from now on. */
  closed(
    device: Device,
    connection: ConnectionId,
    fault: FaultName | null,
    context: {
      readonly expirySeconds: number | null;
      readonly batch: number;
      readonly now: number;
      readonly isDraining: boolean;
    },
  ): void {
    const will = this.#wills.get(device)?.find((one) => one.connection === connection && one.state === 'armed');
    if (will === undefined) return;
    change(will, context.batch);
    if (fault === 'closed.by-client') {
      will.state = 'done';
      device.world.coverage.saw('will discarded by DISCONNECT');
      return;
    }
    const expirySeconds = context.expirySeconds ?? will.expirySeconds;
    const delayMs = expirySeconds === neverExpires ? will.delayMs : Math.min(will.delayMs, expirySeconds * 1000);
    // While the service stops, wills of sessions that last are kept for the restart.
    if (context.isDraining && expirySeconds > 0) {
      will.leftAt = context.now;
      return;
    }
    will.state = 'due';
    will.dueFrom = context.now + delayMs;
    will.dueUntil = will.dueFrom;
  }

  /** @returns the message that was published. */
  published(device: Device, topic: string, batch: number, now: number): SimMessage {
    const wills = this.#wills.get(device) ?? [];
    const will = wills.find((one) => one.state === 'due') ?? wills.find((one) => one.state === 'perhaps');
    demand(
      will !== undefined,
      'a will is published once, and only where it is due [MQTT-3.1.2-10]',
      () => `${device.name} ${topic} at ${now}`,
    );
    // A clean start ends the session, and that publishes the will.
    const isEnding = [...device.world.wires.values()].some(
      ({ profile, cleanStart, isAccepted }) => profile === device.profile && cleanStart && !isAccepted,
    );
    demand(
      will.message.topic === topic && (isEnding || now >= will.dueFrom),
      'a will is published in its time [MQTT-3.1.3-9]',
      () => describe(will, now),
    );
    const { coverage } = device.world;
    if (will.isAfterRestart) coverage.saw('will published after a restart');
    else coverage.saw(will.delayMs === 0 ? 'will published at once' : 'will published after its delay');
    will.state = 'done';
    change(will, batch);
    return will.message;
  }

  /** Judged after each input: what is due has been published. */
  judge(now: number): void {
    for (const wills of this.#wills.values())
      for (const will of wills)
        demand(will.state !== 'due' || will.dueUntil > now, 'a will is published [MQTT-3.1.2-8]', () =>
          describe(will, now),
        );
  }

  /** The service has been killed (or stopped) and has started again: what was not durable is undone. */
  restarted(durableBatch: number, graceMs: number, now: number): void {
    for (const wills of this.#wills.values()) {
      let isReplaced = false;
      for (const will of wills) {
        // Numbers begin anew with the new journal: what is not undone now never is.
        const isKept = will.changedIn <= durableBatch || will.wasArmed;
        const isDurable = will.armedIn <= durableBatch;
        // That it is away since the restart before was lost: it was armed still.
        if (will.wasArmed && will.changedIn > durableBatch) will.state = 'armed';
        change(will, 0);
        // The journal has the last one that was durable, and no other.
        const isGone = !isDurable || isReplaced;
        isReplaced ||= isDurable;
        if (isGone) {
          will.state = 'done';
          continue;
        }
        if (isKept && (will.state === 'done' || will.state === 'perhaps')) continue;
        if (!isKept) {
          // What became of it is not in the journal.
          will.state = 'perhaps';
          will.dueFrom = 0;
          continue;
        }
        const { sessions } = will.device.world;
        const left = will.leftAt ?? now;
        // A session that ends with its connection ended with the service; its will has the grace time.
        const isOrphan = will.expirySeconds === 0;
        const asked = isOrphan ? now : left + will.delayMs;
        const [dueFrom, dueUntil] = will.state === 'armed' ? [asked, asked] : [will.dueFrom, will.dueUntil];
        const [endsFrom, endsUntil] = isOrphan
          ? [Infinity, Infinity]
          : will.state === 'armed' && will.leftAt === null
            ? [endOf(now, will.expirySeconds), endOf(now, will.expirySeconds)]
            : sessions.endOf(will.device);
        if (will.state === 'armed' && will.leftAt === null) {
          will.changedIn = firstBatch;
          will.wasArmed = true;
        }
        will.dueFrom = Math.min(Math.max(dueFrom, now + graceMs), Math.max(now, endsFrom));
        will.dueUntil = Math.min(Math.max(dueUntil, now + graceMs), Math.max(now, endsUntil));
        will.state = 'due';
        will.isAfterRestart = true;
      }
    }
    // Connections of before are never accepted any more.
    this.#asked.clear();
    for (const wills of this.#wills.values())
      for (const will of wills) will.armedIn = will.armedIn <= durableBatch ? 0 : Infinity;
  }

  /** The deployment was deleted: nothing of it happens any more. */
  forgotten(device: Device): void {
    this.#wills.delete(device);
  }

  /** Whether any will is still to be published. */
  get isPending(): boolean {
    return [...this.#wills.values()].some((wills) => wills.some(({ state }) => state === 'due'));
  }
}

function describe({ device, message, state, dueFrom, dueUntil }: Will, now: number): string {
  return `${device.name} ${message.payload} ${state} from ${dueFrom} until ${dueUntil} at ${now}`;
}
