/** The part of the data directory that certificates need. A write replaces the file as a whole, is durable, and makes it 0600. */
export interface CertificateFiles {
  /** Path of a file. */
  file(name: string): string;
  /** null where there is none. */
  read(name: string): string | null;
  write(name: string, data: string): void;
  /** Does nothing where there is none. */
  remove(name: string): void;
}

/** Names of the files. */
export const fileNames = {
  /** What devices are given: the root, and during a rollover the second one behind it. */
  rootCertificate: 'ca.crt',
  rootKey: 'ca.key',
  serverCertificate: 'server.crt',
  serverKey: 'server.key',
  rollover: 'rollover.json',
  /** Key of the second root. */
  nextRootKey: 'ca-next.key',
  /** The operator's own chain as it is shown now, for the commands of this machine. */
  ownChain: 'own.crt',
  /** The root on top of it, where it has one: what devices are given then. */
  ownRoot: 'own-ca.crt',
} as const;
