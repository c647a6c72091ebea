import { usageError } from '../exit.ts';

/**
 * Checks a Topic Name (MQTT 5.0 section 4.7).
 * @throws CliError
 */
export function parseTopicName(text: string): string {
  checkLength(text, 'topic');
  if (/[+#]/.test(text)) throw usageError(`"${text}" is not a topic to publish to: + and # are for subscriptions.`);
  return text;
}

/**
 * Checks a Topic Filter (MQTT 5.0 section 4.7), shared ones too (section 4.8.2).
 * @throws CliError
 */
export function parseTopicFilter(text: string): string {
  checkLength(text, 'topic filter');
  const filter = text.startsWith('$share/') ? text.split('/').slice(2).join('/') : text;
  if (
    text.startsWith('$share/') &&
    (filter === '' || /^\$share\/[^/]*[+#]/.test(text) || text.startsWith('$share//'))
  ) {
    throw usageError(`"${text}" is not a shared subscription: it is $share/NAME/FILTER.`);
  }
  const levels = filter.split('/');
  levels.forEach((level, index) => {
    if (level.includes('#') && (level !== '#' || index !== levels.length - 1)) {
      throw usageError(`"${text}" is not a topic filter: # stands alone and last.`);
    }
    if (level.includes('+') && level !== '+')
      throw usageError(`"${text}" is not a topic filter: + stands alone in its level.`);
  });
  return text;
}

function checkLength(text: string, what: string): void {
  if (text === '') throw usageError(`An empty ${what} is not possible.`);
  if (text.includes('\0')) throw usageError(`A ${what} cannot contain the null character.`);
  if (Buffer.byteLength(text) > 65_535) throw usageError(`A ${what} has at most 65535 bytes.`);
}
