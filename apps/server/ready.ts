/** What `berth up` says when it is ready: the line of JSON, and what the banner is made from. */
export interface Ready {
  readonly deployment: { readonly id: string; readonly name: string };
  /** Host name that devices connect to. */
  readonly address: string;
  /** Ports. */
  readonly mqtts: number;
  readonly wss: number;
  readonly http: number;
  /** Address that guide and REST are bound to. */
  readonly httpBind: string;
  /** Whether they speak HTTPS, as they do on every address but loopback. */
  readonly httpTls: boolean;
  readonly username?: string;
  /** Only at the first start. */
  readonly password?: string;
  /** Path of the CA file. */
  readonly ca: string;
}
