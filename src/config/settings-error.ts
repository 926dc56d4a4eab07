import { OperatorError } from '../operator-error.ts';

/** Thrown with every fault of the settings at once, each naming the variable and what to do. */
export class SettingsError extends OperatorError {
  override name = 'SettingsError';
  readonly faults: readonly string[];
  /** Settings under a wrong name: often the reason why another one is missing. */
  readonly misspelt: readonly string[];

  constructor(faults: readonly string[], misspelt: readonly string[]) {
    const count = faults.length === 1 ? '1 setting is' : `${faults.length} settings are`;
    super([`${count} not right:`, ...[...faults, ...misspelt].map((line) => `  ${line}`)].join('\n'));
    this.faults = faults;
    this.misspelt = misspelt;
  }
}
