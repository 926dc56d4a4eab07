import { type FailureInfo, OTHER_FAILURE } from '../contract.ts';

/** Further errors are counted together as {@link OTHER_FAILURE}. This bounds the state that continue-as-new carries. */
const MAX_DISTINCT_ERRORS = 100;
const MAX_MESSAGE_LENGTH = 300;

/** The distinct errors of a delivery. A failed unit refers to its error by the position in this list. */
export class DistinctErrors {
  readonly errors: FailureInfo[];

  constructor(errors: FailureInfo[] = []) {
    this.errors = [...errors];
  }

  /** @returns the position of the error, which is added if it is new */
  add({ type, message }: FailureInfo): number {
    const error = { type, message: message.slice(0, MAX_MESSAGE_LENGTH) };
    const known = this.errors.findIndex(
      (other) => other.type === error.type && other.message === error.message,
    );
    if (known >= 0) return known;
    if (this.errors.length < MAX_DISTINCT_ERRORS) return this.errors.push(error) - 1;
    if (this.errors.length === MAX_DISTINCT_ERRORS) this.errors.push(OTHER_FAILURE);
    return MAX_DISTINCT_ERRORS;
  }

  get(position: number): FailureInfo {
    return this.errors[position] ?? OTHER_FAILURE;
  }
}
