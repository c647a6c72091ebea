import mqtt, { Store, type IClientOptions, type MqttClient } from 'mqtt';
import {
  numberOf,
  payloadOf,
  type Parties,
  type Party,
  type PartyOptions,
  type PublishingParty,
  type Reception,
  type SubscribingParty,
} from './party.ts';
import type { Stream } from './stream.ts';

const sessionExpirySeconds = 3_600;
/** MQTT 5.0 section 3.7.2.1. */
const packetIdentifierNotFound = 0x92;

/** A client of MQTT.js with its own settings for a session that stays; it reconnects and sends again by itself. */
class MqttJsParty implements Party {
  readonly client: MqttClient;
  readonly complaints: string[] = [];
  sessionsLost = 0;
  #hadSession = false;
  /** Outlive `end`, as a client's side of the session has to. */
  readonly #stores = { incomingStore: new Store({ clean: false }), outgoingStore: new Store({ clean: false }) };
  readonly #changed: () => void;

  constructor({ place, clientId, version, changed }: PartyOptions, isClean: boolean) {
    this.#changed = changed;
    const options: IClientOptions = {
      protocol: 'mqtts',
      host: '127.0.0.1',
      port: place.port,
      ca: place.ca,
      servername: 'localhost',
      username: place.username,
      password: place.password,
      clientId,
      protocolVersion: version,
      clean: isClean,
      ...(isClean ? {} : this.#stores),
      reconnectPeriod: 50,
      keepalive: 0,
      resubscribe: !isClean,
      ...(version === 5 && !isClean ? { properties: { sessionExpiryInterval: sessionExpirySeconds } } : {}),
    };
    this.client = mqtt.connect(options);
    this.client.on('connect', ({ sessionPresent }) => {
      if (this.#hadSession && !sessionPresent && !isClean) this.sessionsLost++;
      this.#hadSession = true;
      changed();
    });
    this.client.on('close', changed);
    this.client.on('error', (error) => {
      // Every connect to a service that is down is one of these; and whoever leaves under load still answers what has come.
      if (!this.client.disconnecting && !('code' in error && /^E[A-Z]+$/.test(String(error.code))))
        this.complaints.push(`${clientId}: ${error.message}`);
    });
  }

  get isConnected(): boolean {
    return this.client.connected;
  }

  async leave(): Promise<void> {
    await this.client.endAsync(true);
    this.#changed();
  }

  comeBack(): void {
    this.client.reconnect(this.#stores);
  }

  async close(): Promise<void> {
    await this.client.endAsync(true);
  }
}

class MqttJsPublisher extends MqttJsParty implements PublishingParty {
  readonly stream: Stream;
  readonly released = 0;
  readonly resent = 0;
  readonly #window: number;
  readonly #report: () => void;
  #isFinished = false;
  /** What was not acknowledged on the last connection is through: before that MQTT.js keeps new messages back, and may give them up. */
  #hasSentAgain = false;
  unacknowledged = 0;
  acknowledgedHere = 0;

  constructor(options: PartyOptions, stream: Stream, window: number) {
    super(options, false);
    this.stream = stream;
    this.#window = window;
    this.#report = options.changed;
    this.client.on('close', () => (this.#hasSentAgain = false));
    this.client.on('connect', () => {
      this.acknowledgedHere = 0;
      this.#hasSentAgain = true;
      this.#pump();
    });
  }

  finish(): void {
    this.#isFinished = true;
  }

  #pump(): void {
    const { stream } = this;
    while (!this.#isFinished && this.#hasSentAgain && this.unacknowledged < this.#window) {
      const number = ++stream.sent;
      this.unacknowledged++;
      this.client.publish(stream.topic, payloadOf(number), { qos: stream.qos }, (error) =>
        this.#answered(number, error),
      );
    }
  }

  #answered(number: number, error: Error | null | undefined): void {
    this.unacknowledged--;
    // To PUBREL that is sent again the service may say so: then the exchange is over, and MQTT.js calls it an error.
    if (error == null || ('code' in error && error.code === packetIdentifierNotFound)) {
      this.stream.acknowledged.add(number);
      this.acknowledgedHere++;
    } else this.complaints.push(`${this.stream.topic}: ${error.message}`);
    this.#pump();
    this.#report();
  }
}

class MqttJsSubscriber extends MqttJsParty implements SubscribingParty {
  isSubscribed = false;

  constructor(
    options: PartyOptions,
    subscription: { readonly filter: string; readonly qos: 1 | 2; readonly isClean: boolean },
    reception: Reception,
  ) {
    super(options, subscription.isClean);
    const { filter, qos, isClean } = subscription;
    this.client.on('connect', ({ sessionPresent }) => {
      reception.connected(sessionPresent);
      // From the second time on MQTT.js does this by itself, where the session is gone.
      if (this.isSubscribed) return;
      this.client.subscribe(filter, { qos }, (error) => {
        this.isSubscribed = error == null;
        if (error != null) this.complaints.push(`${filter}: ${error.message}`);
        options.changed();
      });
    });
    if (isClean) this.client.on('close', () => (this.isSubscribed = false));
    this.client.on('message', (topic, payload) => {
      reception.message(topic, numberOf(payload));
      options.changed();
    });
  }
}

/** Clients of MQTT.js. */
export const mqttJsParties: Parties = {
  publisher: (options, stream, window) => new MqttJsPublisher(options, stream, window),
  subscriber: (options, subscription, reception) => new MqttJsSubscriber(options, subscription, reception),
};
