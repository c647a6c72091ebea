/** A set of numbers from 1 on, one bit each. */
export class Numbers {
  #bits = new Uint8Array(1024);
  count = 0;

  /** @returns whether it was new. */
  add(value: number): boolean {
    const at = value >> 3;
    if (at >= this.#bits.length) {
      const grown = new Uint8Array(at * 2);
      grown.set(this.#bits);
      this.#bits = grown;
    }
    const bits = this.#bits[at] ?? 0;
    const bit = 1 << (value & 7);
    if ((bits & bit) !== 0) return false;
    this.#bits[at] = bits | bit;
    this.count++;
    return true;
  }

  has(value: number): boolean {
    return ((this.#bits[value >> 3] ?? 0) & (1 << (value & 7))) !== 0;
  }
}

/** The numbered messages of one publisher: what it has sent, and what it has been told that it may forget. */
export class Stream {
  readonly topic: string;
  readonly qos: 1 | 2;
  /** The highest number that has been sent. */
  sent = 0;
  readonly acknowledged = new Numbers();

  constructor(topic: string, qos: 1 | 2) {
    this.topic = topic;
    this.qos = qos;
  }
}

/** What one subscriber with a session that stays has seen of one stream. */
export class StreamSeen {
  readonly stream: Stream;
  /** The lower of the publisher's QoS and the subscription's. */
  readonly qos: 1 | 2;
  readonly #numbers = new Numbers();
  #highest = 0;
  doubled = 0;
  /** Messages that came for the first time after a later one. */
  reordered = 0;

  constructor(stream: Stream, subscribedQos: 1 | 2) {
    this.stream = stream;
    this.qos = stream.qos < subscribedQos ? stream.qos : subscribedQos;
  }

  take(number: number): void {
    if (!this.#numbers.add(number)) this.doubled++;
    else if (number < this.#highest) this.reordered++;
    if (number > this.#highest) this.#highest = number;
  }

  get received(): number {
    return this.#numbers.count;
  }

  /** Acknowledged to the publisher, and not here. */
  get missing(): number {
    let missing = 0;
    for (let number = 1; number <= this.stream.sent; number++) {
      if (this.stream.acknowledged.has(number) && !this.#numbers.has(number)) missing++;
    }
    return missing;
  }

  /** As `missing`, but quick: right where nothing was received that is not acknowledged yet. */
  get behind(): number {
    return Math.max(0, this.stream.acknowledged.count - this.#numbers.count);
  }
}

/**
 * What one subscriber without a session has seen of one stream on one connection. It may come late and be cut off, but what
 * it gets meanwhile has no gap.
 */
export class ConnectionSeen {
  readonly qos: 1 | 2;
  last = 0;
  gaps = 0;
  doubled = 0;

  constructor(qos: 1 | 2) {
    this.qos = qos;
  }

  take(number: number): void {
    if (this.last !== 0 && number > this.last + 1) this.gaps++;
    if (number <= this.last) this.doubled++;
    else this.last = number;
  }
}
