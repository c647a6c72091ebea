/** The certificates of the installation in the REST API. */
import { z } from 'zod';

const time = z.iso.datetime().describe('ISO 8601, UTC.');

const factsSchema = z.object({
  name: z.string().describe('Common name.'),
  fingerprint: z.string().describe('SHA-256, upper-case hexadecimal pairs with colons.'),
  notBefore: time,
  notAfter: time,
});

export const certificateStatusSchema = z
  .object({
    source: z.enum(['berth', 'own']).describe('"own" where the operator has brought the server certificate.'),
    server: factsSchema.extend({
      names: z.array(z.string()),
      issuer: z.string().describe('Common name of what signed it.'),
      renewAt: time.nullable().describe('When Berth makes the next one; null for a certificate of the operator.'),
    }),
    caFile: z
      .string()
      .nullable()
      .describe('What devices are given, PEM; null: they use the trust store of their system.'),
    roots: z
      .array(factsSchema.extend({ role: z.enum(['current', 'old', 'new']) }))
      .describe('The certificates of the CA file, in their order.'),
    rollover: z
      .object({
        phase: z
          .enum(['planned', 'switched'])
          .describe('Which root signs: the old one, or since the switch the new one.'),
        switchAt: time,
        switchedAt: time.nullable(),
        endsAt: time.describe('When the old root leaves the CA file by itself.'),
      })
      .nullable()
      .describe('The change to a second root; null where there is none.'),
    refused: z.string().nullable().describe('Why changed files of the operator are not in use.'),
  })
  .meta({ id: 'CertificateStatus' });
export type CertificateStatus = z.infer<typeof certificateStatusSchema>;

export const planRolloverSchema = z
  .strictObject({
    at: z
      .union([z.iso.datetime({ offset: true }), z.literal('now')])
      .optional()
      .describe('When the new root begins to sign; left out: in 30 days, or the time that is planned already.'),
  })
  .meta({ id: 'PlanRollover' });
export type PlanRollover = z.input<typeof planRolloverSchema>;
