import { z } from 'zod';

/** One version of the workers, as Temporal's Worker Versioning names it. */
export type WorkerVersion = { deploymentName: string; buildId: string };

/**
 * Temporal makes a workflow id from both names. Where ids have at most 255 bytes, as on an SQL database, each may have
 * 108. It refuses `.` and `:` in a deployment's name, and both names when they begin with `__`.
 */
const MAX_NAME = 100;
const EXPECTED = `that begin with a letter or a digit, at most ${MAX_NAME}`;

/** The settings of Worker Versioning. */
export const VERSION_FIELDS = {
  DEPLOYMENT_NAME: name(/^[A-Za-z0-9][A-Za-z0-9_/-]*$/, `expected letters, digits and _ / - ${EXPECTED}`),
  BUILD_ID: name(
    /^[A-Za-z0-9][A-Za-z0-9._:/@+-]*$/,
    `expected letters, digits and . _ : / @ + - ${EXPECTED}`,
  ),
};

function name(pattern: RegExp, expected: string) {
  return z
    .string()
    .refine((value) => pattern.test(value) && value.length <= MAX_NAME, expected)
    .optional();
}
