/**
 * The code of a network error, such as `ECONNREFUSED`, or else its name. Not its message, which can contain addresses,
 * and differs from try to try: operators shall see one error with a count.
 */
export function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? error.name;
}
