import { describe, expect, test } from 'bun:test';
import { Settling } from './settling.ts';

/** Says its name when it is to answer. */
function named(name: string, answered: string[]): { answer(): void } {
  return { answer: () => void answered.push(name) };
}

describe('connections that are read until nothing more lies on them', () => {
  test('a connection is answered after the first look that finds nothing on it', () => {
    const answered: string[] = [];
    const settling = new Settling();
    settling.found(named('a', answered));
    settling.endLook();
    expect({ answered, isOpen: settling.isOpen }).toEqual({ answered: [], isOpen: true });
    settling.endLook();
    expect({ answered, isOpen: settling.isOpen }).toEqual({ answered: ['a'], isOpen: false });
    settling.endLook();
    expect(answered).toEqual(['a']);
  });

  test('what comes look after look is answered together', () => {
    const answered: string[] = [];
    const settling = new Settling();
    const a = named('a', answered);
    for (let look = 0; look < 5; look++) {
      settling.found(a);
      settling.endLook();
    }
    expect(answered).toEqual([]);
    settling.endLook();
    expect(answered).toEqual(['a']);
  });

  test('one that goes on does not hold up another', () => {
    const answered: string[] = [];
    const settling = new Settling();
    const [a, b] = [named('a', answered), named('b', answered)];
    settling.found(a);
    settling.found(b);
    settling.endLook();
    settling.found(b);
    settling.endLook();
    expect(answered).toEqual(['a']);
  });

  test('one that was answered may come again', () => {
    const answered: string[] = [];
    const settling = new Settling();
    const a = named('a', answered);
    for (let round = 0; round < 2; round++) {
      settling.found(a);
      settling.endLook();
      settling.endLook();
    }
    expect(answered).toEqual(['a', 'a']);
  });
});
