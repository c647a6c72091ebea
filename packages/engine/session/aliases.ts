/**
 * Topic aliases towards one client (MQTT 5.0 section 3.3.2.3.4): topics get one in the order of first use until
 * all are given; none is ever given anew, so that a lost race cannot deliver under a wrong topic.
 */
export class OutboundAliases {
  readonly #maximum: number;
  readonly #aliases = new Map<string, number>();

  /** @param maximum highest alias that may be sent: the client's Topic Alias Maximum or less [MQTT-3.3.2-9]. */
  constructor(maximum: number) {
    this.#maximum = maximum;
  }

  /** The alias that the client knows for the topic; 0 when it knows none. */
  known(topic: string): number {
    return this.#aliases.get(topic) ?? 0;
  }

  /** The alias that a new topic would get; 0 when all are given. */
  get next(): number {
    return this.#aliases.size < this.#maximum ? this.#aliases.size + 1 : 0;
  }

  /** Gives the topic the alias `next`: it has been sent together with the topic. */
  assign(topic: string): void {
    this.#aliases.set(topic, this.next);
  }
}
