/** What `berth up` says when it is ready: the line of JSON, and what the banner is made from. */
export interface Ready {
  /** The first deployment; null once it has been deleted. */
  readonly deployment: { readonly id: string; readonly name: string } | null;
  /** Host name that its devices connect to. */
  readonly address: string | null;
  /** Address that the ports for MQTT are bound to; `all` is every one. */
  readonly bind: string;
  /** Ports. */
  readonly mqtts: number;
  readonly wss: number;
  readonly http: number;
  /** Address that guide and REST are bound to. */
  readonly httpBind: string;
  /** Whether they speak HTTPS, as they do on every address but loopback. */
  readonly httpTls: boolean;
  /** Of the first deployment; absent where it has no credential. */
  readonly username?: string;
  /** Only at the first start, and only where Berth made it. */
  readonly password?: string;
  /** Absolute path of the data directory. */
  readonly data: string;
  /** Path of the CA file; empty where clients use the trust store of their system. */
  readonly ca: string;
}
