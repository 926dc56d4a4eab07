import { BackendError, type Finding } from '../backend.ts';
import { MessageRate } from './message-rate.ts';
import { judgeErrorCode } from './tencent-errors.ts';
import { type TencentAccess, TencentRest } from './tencent-rest.ts';

/** `accept`: ErrorCodes that are answers and no failures. */
type ApiCall = { command: string; body: string; signal: AbortSignal; accept?: readonly number[] };

/** The receiver refuses callbacks whose `RequestTime` is farther off than this. */
const MAX_CLOCK_SKEW_MS = 60_000;

/** Says whether an account exists, and changes nothing. */
const CHECK_ACCOUNT = 'v4/im_open_login_svc/account_check';

/** What all calls of this process to Tencent Chat share: one rate, one UserSig, one way to read ErrorCodes. */
export class TencentApi {
  readonly admin: string;
  readonly #rest: TencentRest;
  readonly #rate: MessageRate;
  #closing: Promise<void> | undefined;

  /** @param rate calls per second, of all activities of this process */
  constructor({ rate, ...access }: TencentAccess & { rate: number }) {
    this.admin = access.admin;
    this.#rest = new TencentRest(access);
    this.#rate = new MessageRate(rate);
  }

  /** The name of the vendor in error messages. */
  get peer(): string {
    return this.#rest.peer;
  }

  /**
   * Calls a command such as `v4/openim/sendmsg` when it is its turn.
   *
   * @returns the whole answer
   * @throws BackendError
   */
  async call({ command, body, signal, accept = [] }: ApiCall) {
    await this.#rate.turn(signal);
    const answer = await this.#rest.call(command, body, signal);
    const { errorCode } = answer;
    if (errorCode !== 0 && !accept.includes(errorCode)) throw this.failureOf(errorCode, command);
    return answer;
  }

  /** @param command as in {@link call}: the message says its last part */
  failureOf(errorCode: number, command: string): BackendError {
    const { type, means } = judgeErrorCode(errorCode);
    const said = `${this.peer} answered ${errorCode} to ${command.split('/').at(-1)}`;
    const message = `${said}${means ? `: ${means}` : ''}`;
    return new BackendError(type, message, type === 'Busy' ? { retryAfter: this.#rate.slowDown() } : {});
  }

  async check(): Promise<Finding[]> {
    const body = JSON.stringify({ CheckItem: [{ UserID: this.admin }] });
    try {
      const answer = await this.#rest.call(CHECK_ACCOUNT, body, new AbortController().signal);
      return [this.#judgeAccess(answer.errorCode), ...judgeClock(answer.clockAhead)];
    } catch (error) {
      const message = `${error instanceof Error ? error.message : 'no answer'}; check TENCENT_DOMAIN, and that this machine may reach it`;
      return [{ state: 'fault', message }];
    }
  }

  #judgeAccess(errorCode: number): Finding {
    if (errorCode === 0) return { state: 'ok', message: `${this.peer} takes our UserSig` };
    return { state: 'fault', message: this.failureOf(errorCode, CHECK_ACCOUNT).message };
  }

  /** Everybody who uses the API may close it. */
  close(): Promise<void> {
    this.#closing ??= this.#rest.close();
    return this.#closing;
  }
}

function judgeClock(ahead: number | undefined): Finding[] {
  if (ahead === undefined) return [];
  const seconds = Math.round(Math.abs(ahead) / 1000);
  if (Math.abs(ahead) <= MAX_CLOCK_SKEW_MS)
    return [{ state: 'ok', message: "the clock agrees with Tencent's" }];
  const message = `this machine's clock is ${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} Tencent's: signed callbacks are refused beyond 60 s; set the clock, best by NTP`;
  return [{ state: 'fault', message }];
}
