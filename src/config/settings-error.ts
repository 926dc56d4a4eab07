import { OperatorError } from '../operator-error.ts';

/** All faults of the settings at once. Each names the variable and says what to do. */
export class SettingsError extends OperatorError {
  override name = 'SettingsError';
  readonly faults: readonly string[];
  /** Settings with a misspelt name. They are often the reason why another setting is missing. */
  readonly misspelt: readonly string[];

  constructor(faults: readonly string[], misspelt: readonly string[]) {
    const count = faults.length === 1 ? '1 setting is' : `${faults.length} settings are`;
    super([`${count} not right:`, ...[...faults, ...misspelt].map((line) => `  ${line}`)].join('\n'));
    this.faults = faults;
    this.misspelt = misspelt;
  }
}
