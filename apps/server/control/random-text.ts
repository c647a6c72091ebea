import { randomInt } from 'node:crypto';

const letters = 'abcdefghjkmnpqrstuvwxyz';
/** 31 characters: lower case, without those that are mistaken for each other (0 and o, 1, i and l). */
const alphabet = `${letters}23456789`;

function pick(characters: string): string {
  return characters.charAt(randomInt(characters.length));
}

function randomText(length: number): string {
  return Array.from({ length }, () => pick(alphabet)).join('');
}

/** Id of a deployment: 10 characters that begin with a letter, a label of a DNS name (49 bits; the caller checks that it is new). */
export function newDeploymentId(): string {
  return pick(letters) + randomText(9);
}

/** A password with at least 128 random bits (26 characters of 4.95 bits). */
export function newPassword(): string {
  return randomText(26);
}

/** Id of an access rule: 8 characters that begin with a letter (the caller checks that it is new in its deployment). */
export function newRuleId(): string {
  return pick(letters) + randomText(7);
}
