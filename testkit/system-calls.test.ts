import { expect, test } from 'bun:test';
import { brokenPromises, parseTrace, traced } from './system-calls.ts';

const answer = Uint8Array.of(0x40, 2, 0, 1);
const promises = [{ name: 'one', stored: 'payload', answer }];
const wal = '14</data/journal.sqlite-wal>';
const write = `11 pwrite64(${wal}, "${traced('..payload..')}", 11, 0) = 11`;
const sync = `11 fsync(${wal}) = 0`;
const send = `10 sendto(20<TCP:[127.0.0.1:1->127.0.0.1:2]>, "${traced(answer)}", 4, 0, NULL, 0) = 4`;
const judge = (...lines: string[]) => brokenPromises(parseTrace(lines.join('\n')), promises);

test('written, synced, answered', () => {
  expect(judge(write, sync, send)).toEqual([]);
  expect(judge(write, `11 fdatasync(${wal} <unfinished ...>`, '11 <... fdatasync resumed>) = 0', send)).toEqual([]);
});

test.each([
  ['the answer goes first', [send, write, sync], 'answered before it was written'],
  ['there is no sync', [write, send], 'answered before it was synced'],
  ['the sync comes later', [write, send, sync], 'answered before it was synced'],
  ['the sync was before the write', [sync, write, send], 'answered before it was synced'],
  ['the sync is of another file', [write, '11 fsync(9</data/other>) = 0', send], 'answered before it was synced'],
  ['the sync failed', [write, `11 fsync(${wal}) = -1 EIO (Input/output error)`, send], 'answered before it was synced'],
  [
    'the sync has not returned',
    [write, `11 fsync(${wal} <unfinished ...>`, send, '11 <... fsync resumed>) = 0'],
    'answered before it was synced',
  ],
  ['there is no answer', [write, sync], 'was not answered'],
])('%s', (_what, lines, sentence) => {
  expect(judge(...lines)).toEqual([`one: ${sentence}`]);
});
