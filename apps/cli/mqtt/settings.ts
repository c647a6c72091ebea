import type { IClientOptions } from 'mqtt';
import type { ProtocolVersion, QoS } from '../../../packages/codec/types.ts';
import type { Target } from './target.ts';
import type { TlsSettings } from './transport.ts';

/** The will of a connection (MQTT 5.0 section 3.1.2.5). */
export interface WillSettings {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: QoS;
  readonly retain: boolean;
  /** Will Delay Interval in seconds; null is none (5.0 only). */
  readonly delaySeconds: number | null;
}

/** Everything that one connection of `pub` or `sub` needs. */
export interface ConnectionSettings {
  readonly target: Target;
  readonly tls: TlsSettings;
  readonly version: ProtocolVersion;
  /** Empty: the server chooses one. */
  readonly clientId: string;
  readonly clean: boolean;
  readonly keepAliveSeconds: number;
  /** 5.0 only; null leaves the property out. */
  readonly sessionExpirySeconds: number | null;
  readonly username: string | null;
  readonly password: string | null;
  readonly will: WillSettings | null;
  /** For TCP, TLS, upgrade and CONNACK each. */
  readonly connectTimeoutMs: number;
}

/** The settings in the words of MQTT.js. */
export function clientOptionsOf(settings: ConnectionSettings): IClientOptions {
  const { will, sessionExpirySeconds } = settings;
  const isV5 = settings.version === 5;
  return {
    protocolVersion: settings.version,
    protocolId: settings.version === 3 ? 'MQIsdp' : 'MQTT',
    clientId: settings.clientId,
    clean: settings.clean,
    keepalive: settings.keepAliveSeconds,
    connectTimeout: settings.connectTimeoutMs,
    // One connection, one result: what ended it is reported instead of tried again.
    reconnectPeriod: 0,
    resubscribe: false,
    ...(settings.username === null ? {} : { username: settings.username }),
    ...(settings.password === null ? {} : { password: settings.password }),
    ...(isV5 && sessionExpirySeconds !== null ? { properties: { sessionExpiryInterval: sessionExpirySeconds } } : {}),
    ...(will === null
      ? {}
      : {
          will: {
            topic: will.topic,
            payload: will.payload,
            qos: will.qos,
            retain: will.retain,
            ...(isV5 && will.delaySeconds !== null ? { properties: { willDelayInterval: will.delaySeconds } } : {}),
          },
        }),
  };
}
