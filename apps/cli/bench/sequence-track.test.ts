import { describe, expect, test } from 'bun:test';
import fc from 'fast-check';
import { SequenceTrack } from './sequence-track.ts';

function follow(sequences: readonly number[]): { track: SequenceTrack; moves: number[] } {
  const track = new SequenceTrack();
  return { track, moves: sequences.map((sequence) => track.receive(sequence)) };
}

describe('numbered messages of one publisher', () => {
  test('in order: each moves the stream on by one', () => {
    const { track, moves } = follow([0, 1, 2]);
    expect(moves).toEqual([1, 1, 1]);
    expect([track.received, track.doubled, track.lost(3)]).toEqual([3, 0, 0]);
  });

  test('a gap moves it on over what is missing, and stays lost', () => {
    const { track, moves } = follow([0, 3]);
    expect(moves).toEqual([1, 3]);
    expect(track.lost(4)).toBe(2);
  });

  test('what comes late fills its gap and does not move the stream', () => {
    const { track, moves } = follow([0, 2, 1]);
    expect(moves).toEqual([1, 2, 0]);
    expect([track.lost(3), track.doubled]).toEqual([0, 0]);
  });

  test('what comes twice is doubled, in order or late', () => {
    const { track, moves } = follow([0, 0, 2, 1, 1]);
    expect(moves).toEqual([1, -1, 2, 0, -1]);
    expect(track.doubled).toBe(2);
  });

  test('the end of the stream can be lost too', () => {
    expect(follow([0, 1]).track.lost(5)).toBe(3);
  });

  test('whatever the order: received, lost and doubled add up', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: 100 }), (sequences) => {
        const { track } = follow(sequences);
        const different = new Set(sequences).size;
        return (
          track.received === different &&
          track.doubled === sequences.length - different &&
          track.lost(51) === 51 - different
        );
      }),
    );
  });
});
