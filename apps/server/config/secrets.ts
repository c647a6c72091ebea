import { z } from 'zod';
import { BootError } from './boot-error.ts';
import type { DataDirectory } from './data-directory.ts';

const pepperFile = 'pepper.json';
const adminTokenFile = 'admin-token';
const secretBytes = 32;

/** Keys under which password hashes are made. Outside the database, so that a copy of that alone tells nothing. */
export interface Pepper {
  /** Key id for new hashes. Older ones stay until no hash names them. */
  readonly current: string;
  readonly keys: ReadonlyMap<string, Uint8Array>;
}

export interface Secrets {
  readonly pepper: Pepper;
  /** Opens the REST API for local commands. */
  readonly adminToken: string;
}

const pepperSchema = z
  .object({ current: z.string().min(1), keys: z.record(z.string().min(1), z.base64().min(4)) })
  .refine((pepper) => pepper.current in pepper.keys);

/**
 * Reads the secrets of the data directory and makes them at the first start.
 * @throws BootError when one is damaged, or the pepper is gone: a new one would make every password wrong.
 */
export function openSecrets(directory: DataDirectory): Secrets {
  const existingToken = directory.read(adminTokenFile)?.trim() ?? null;
  if (existingToken !== null && !/^[\w-]{43,}$/.test(existingToken)) {
    throw new BootError(`${directory.file(adminTokenFile)} is damaged.`, 'Delete it; the next start makes a new one.');
  }
  // The pepper is written first, so a token without a pepper means that the pepper got lost.
  const pepper = openPepper(directory, existingToken === null);
  const adminToken = existingToken ?? randomBytes().toString('base64url');
  if (existingToken === null) directory.write(adminTokenFile, `${adminToken}\n`);
  return { pepper, adminToken };
}

function openPepper(directory: DataDirectory, mayCreate: boolean): Pepper {
  const text = directory.read(pepperFile);
  const remedy = 'Restore it from a backup: without it no stored password can be checked.';
  if (text !== null) {
    const pepper = parsePepper(text);
    if (pepper === null) throw new BootError(`${directory.file(pepperFile)} is damaged.`, remedy);
    return pepper;
  }
  if (!mayCreate) throw new BootError(`${directory.file(pepperFile)} is missing.`, remedy);
  const [keyId, key] = ['1', randomBytes()];
  directory.write(pepperFile, `${JSON.stringify({ current: keyId, keys: { [keyId]: key.toString('base64') } })}\n`);
  return { current: keyId, keys: new Map([[keyId, new Uint8Array(key)]]) };
}

function parsePepper(text: string): Pepper | null {
  try {
    const { current, keys } = pepperSchema.parse(JSON.parse(text));
    const decoded = Object.entries(keys).map(
      ([keyId, key]) => [keyId, new Uint8Array(Buffer.from(key, 'base64'))] as const,
    );
    return { current, keys: new Map(decoded) };
  } catch {
    return null;
  }
}

function randomBytes(): Buffer {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(secretBytes)));
}
