import type { Durability } from '../config/load.ts';
import { MemoryJournal } from './memory.ts';
import type { ServerJournal } from './port.ts';
import { SqliteJournal } from './sqlite.ts';

/**
 * Opens the journal that the durability asks for: `fsync` survives a power cut, `os` a killed process, `memory` nothing.
 * @param path of the file, which need not exist.
 * @throws BootError when the file is damaged, newer, or not a journal.
 */
export async function openJournal(path: string, durability: Durability): Promise<ServerJournal> {
  return durability === 'memory' ? new MemoryJournal() : SqliteJournal.open({ path, durability });
}
