import { type FailureInfo, OTHER_FAILURE } from './contract.ts';

/** Failures of more kinds than these are counted under {@link OTHER_FAILURE}: bounds the carried state. */
const MAX_DISTINCT_ERRORS = 100;
const MAX_MESSAGE_LENGTH = 300;

/** Distinct errors of a delivery; a failed unit refers to one by its position. */
export class ErrorBook {
  readonly errors: FailureInfo[];

  constructor(errors: FailureInfo[] = []) {
    this.errors = [...errors];
  }

  note({ type, message }: FailureInfo): number {
    const error = { type, message: message.slice(0, MAX_MESSAGE_LENGTH) };
    const known = this.errors.findIndex(
      (other) => other.type === error.type && other.message === error.message,
    );
    if (known >= 0) return known;
    if (this.errors.length < MAX_DISTINCT_ERRORS) return this.errors.push(error) - 1;
    if (this.errors.length === MAX_DISTINCT_ERRORS) this.errors.push(OTHER_FAILURE);
    return MAX_DISTINCT_ERRORS;
  }

  read(index: number): FailureInfo {
    return this.errors[index] ?? OTHER_FAILURE;
  }
}
