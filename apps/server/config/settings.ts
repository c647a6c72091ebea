/** What the value of each option may be. Messages continue the sentence "<where> ..." and never repeat the value. */
import { z } from 'zod';
import { canonicalAddress, isDomain, isHostName } from './names.ts';
import type { OptionKey } from './options.ts';

/** A refused password is shorter than this. */
export const passwordLengthMin = 8;
/** A password below this length is warned about. */
export const passwordLengthAdvised = 12;

const text = (what: string) =>
  z
    .string({ error: `must be ${what}` })
    .trim()
    .min(1, { error: `must be ${what}` });

const portSentence = 'must be a whole number from 0 to 65535 (0 takes a free port)';
const port = z
  .union(
    [
      z.number(),
      z
        .string()
        .trim()
        .regex(/^\d{1,5}$/)
        .transform(Number),
    ],
    { error: portSentence },
  )
  .pipe(z.number().int({ error: portSentence }).min(0, { error: portSentence }).max(65_535, { error: portSentence }));

const domainSentence =
  'must be a DNS name of at least two labels, such as berth.localhost or mqtt.example.com (letters, digits and hyphens; names in other scripts in their xn-- form)';
const domain = text('a DNS name').toLowerCase().refine(isDomain, { error: domainSentence });

const sanSentence = 'must be DNS names or IP addresses, such as gateway.lan or 192.168.1.10';
const sanEntry = text('a DNS name or an IP address')
  .toLowerCase()
  .transform((name, context) => {
    const address = canonicalAddress(name);
    if (address !== null || isHostName(name.replace(/^\*\.(?=.*\.)/, ''))) return address ?? name;
    context.addIssue({ code: 'custom', message: sanSentence });
    return z.NEVER;
  });
const san = z
  .union([z.array(z.string()), z.string().transform((list) => list.split(','))], { error: sanSentence })
  .transform((list) => list.flatMap((entry) => entry.split(',')).filter((entry) => entry.trim() !== ''))
  .pipe(z.array(sanEntry));

const addressSentence = 'must be an IP address, such as 127.0.0.1 or ::1';
const address = (words: readonly string[], sentence: string) =>
  text('an IP address').transform((value, context) => {
    if (words.includes(value)) return value;
    const canonical = canonicalAddress(value.replace(/^\[(.*)\]$/, '$1'));
    if (canonical !== null) return canonical;
    context.addIssue({ code: 'custom', message: sentence });
    return z.NEVER;
  });

/** No control characters: they cannot be typed again and some clients refuse them. */
const printable = (value: string) => !/\p{Cc}/u.test(value);

const username = z
  .string({ error: 'must be text' })
  .min(1, { error: 'must not be empty' })
  .max(256, { error: 'must not be longer than 256 characters' })
  .refine(printable, { error: 'must not contain control characters' });

const password = z
  .string({ error: 'must be text' })
  .refine((value) => [...value].length >= passwordLengthMin, {
    error: `must have at least ${passwordLengthMin} characters (${passwordLengthAdvised} or more are better)`,
  })
  .max(1024, { error: 'must not be longer than 1024 characters' })
  .refine(printable, { error: 'must not contain control characters' });

const graceSentence = 'must be a whole number of seconds from 0 to 86400';
const grace = z
  .union(
    [
      z.number(),
      z
        .string()
        .trim()
        .regex(/^\d{1,5}$/)
        .transform(Number),
    ],
    { error: graceSentence },
  )
  .pipe(
    z.number().int({ error: graceSentence }).min(0, { error: graceSentence }).max(86_400, { error: graceSentence }),
  );

/** Words on the command line and in the environment; JSON has a value of its own for it. */
const onOff = z.union([z.boolean(), z.enum(['on', 'off']).transform((word) => word === 'on')], {
  error: 'must be on or off',
});

/** The options with their types, after defaults. */
export const settings = z.object({
  data: text('the path of a directory'),
  domain,
  san,
  cert: text('the path of a file').nullable(),
  key: text('the path of a file').nullable(),
  sessionTickets: onOff,
  bind: address(['all'], `${addressSentence}, or "all"`),
  httpBind: address([], addressSentence),
  mqttsPort: port,
  wssPort: port,
  httpPort: port,
  willGrace: grace,
  durability: z.enum(['fsync', 'os', 'memory'], { error: 'must be fsync, os or memory' }),
  log: z.enum(['json', 'text', 'auto'], { error: 'must be json, text or auto' }),
  username: username.nullable(),
  password: password.nullable(),
  usernameFile: text('the path of a file').nullable(),
  passwordFile: text('the path of a file').nullable(),
} satisfies Record<OptionKey, z.ZodType>);
