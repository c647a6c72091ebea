/** Routes of the certificates of the installation. */
import type { z } from 'zod';
import { certificateStatusSchema, planRolloverSchema } from './certificate-schemas.ts';
import { errorSchema } from './errors.ts';

function json<Schema extends z.ZodType>(schema: Schema, description: string) {
  return { description, content: { 'application/json': { schema } } };
}

const certificates = { security: [{ adminToken: [] }], tags: ['certificates'] };
const path = '/api/v1/certificates';
const rollover = `${path}/rollover` as const;

const status = { 200: json(certificateStatusSchema, 'The certificates after it.') } as const;
const wrongToken = { 401: json(errorSchema, 'The token is missing or wrong.') } as const;
const conflict = { 409: json(errorSchema, 'It cannot be done in this state; the message says why.') } as const;

export const certificateRoutes = {
  getCertificates: {
    ...certificates,
    operationId: 'getCertificates',
    summary: 'Shows the server certificate, the CA file and the rollover that is under way',
    method: 'get',
    path,
    request: {},
    responses: { ...status, ...wrongToken },
  },
  renewCertificate: {
    ...certificates,
    operationId: 'renewCertificate',
    summary: "Makes a new server certificate, or reads the operator's own again; no connection is lost",
    method: 'post',
    path: `${path}/renew`,
    request: {},
    responses: { ...status, ...wrongToken, ...conflict },
  },
  planRollover: {
    ...certificates,
    operationId: 'planRollover',
    summary: 'Makes a second root and plans the switch to it, or moves the time of the switch',
    method: 'put',
    path: rollover,
    request: { body: { required: true, content: { 'application/json': { schema: planRolloverSchema } } } },
    responses: {
      ...status,
      ...wrongToken,
      ...conflict,
      400: json(errorSchema, 'The request is not valid; "field" names what is wrong.'),
    },
  },
  cancelRollover: {
    ...certificates,
    operationId: 'cancelRollover',
    summary: 'Goes back to the old root alone, before the switch or after it',
    method: 'delete',
    path: rollover,
    request: {},
    responses: { ...status, ...wrongToken, ...conflict },
  },
  finishRollover: {
    ...certificates,
    operationId: 'finishRollover',
    summary: 'Takes the old root out of the CA file, once the new one signs',
    method: 'post',
    path: `${rollover}/finish`,
    request: {},
    responses: { ...status, ...wrongToken, ...conflict },
  },
} as const;
