import { describeJournal } from './contract.ts';
import { MemoryJournal } from './memory.ts';

describeJournal(
  'memory',
  () => {},
  async () => new MemoryJournal(),
);
