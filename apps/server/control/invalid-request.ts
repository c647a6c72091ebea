import type { ZodError } from 'zod';
import { ControlError } from './control-error.ts';

/** Names the first thing that is wrong with a request. Values never stand in the message: they may be secrets. */
export function invalidRequest(error: ZodError): ControlError {
  const issue = error.issues[0];
  const remedy = 'Correct the field; /api/v1/openapi.json says what it takes.';
  if (issue === undefined) return new ControlError(400, 'request.invalid', 'The request is not valid.', remedy);
  const unknownKey = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  const path = [...issue.path, ...(unknownKey === undefined ? [] : [unknownKey])].map(String).join('.');
  const message = unknownKey === undefined ? sentence(issue.message) : `There is no field "${path}".`;
  return new ControlError(400, 'request.invalid', message, remedy, path === '' ? null : path);
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? '' : '.'}`;
}
