/** What has to happen now and then in a campaign: else the simulator would test nothing without anybody noticing. */
export const happenings = [
  'crash between two inputs',
  'crash inside an input',
  'crash inside a restart',
  'batch lost in a crash',
  'batch durable that the engine had not heard of',
  'orderly restart',
  'take-over',
  'connection cut in the middle of a packet',
  'half-open connection',
  'keep-alive ran out',
  'session resumed',
  'session gone by its expiry',
  'session discarded by a clean start',
  'storage full',
  'publish refused, for nothing can be stored',
  'connect refused, for nothing can be stored',
  'publishers held back by the journal',
  'QoS 1 delivered',
  'QoS 2 delivered',
  'delivered to an offline session later',
  'sent again with DUP',
  'QoS 2 PUBLISH again, not delivered again',
  'publisher resent a message',
  'PUBREL sent again',
  'message of a shared subscription delivered',
  'shared subscription: member left with messages',
  'retained message replayed',
  'retained message cleared',
  'message expired in a queue',
  'will published at once',
  'will published after its delay',
  'will cancelled by the return of the client',
  'will published after a restart',
  'will discarded by DISCONNECT',
  'topic alias from a client',
  'topic alias to a client',
  'Receive Maximum of a client reached',
  'queue full, oldest dropped',
  'QoS 0 dropped for a slow reader',
  'message larger than the client takes',
  'message over the limit of retained messages',
  'session over the limit refused',
  'subscription over the limit refused',
  'client held back by a rate',
  'connects over the rate refused',
  'oversized packet refused',
  'malformed bytes refused',
  'publish denied by a rule',
  'subscribe denied by a rule',
  'subscription revoked by a rule',
  'client kicked',
  'deployment deleted and made anew',
  'new session refused for memory',
  'client refused a message',
] as const;

export type Happening = (typeof happenings)[number];

/** How often each of them happened. */
export class Coverage {
  readonly counts = new Map<Happening, number>();

  saw(happening: Happening, times = 1): void {
    if (times > 0) this.counts.set(happening, (this.counts.get(happening) ?? 0) + times);
  }

  add(other: ReadonlyMap<Happening, number>): void {
    for (const [happening, count] of other) this.saw(happening, count);
  }

  /** What never happened. */
  get missing(): Happening[] {
    return happenings.filter((happening) => !this.counts.has(happening));
  }
}
