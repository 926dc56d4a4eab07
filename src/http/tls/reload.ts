import { readFile } from 'node:fs/promises';
import type { Logger } from '../../telemetry/logger.ts';
import { faultOfPair, isSamePair, type TlsFiles, type TlsPair } from './tls-files.ts';

/** How often the files are looked at, in ms. Their content counts: Kubernetes changes a link and no file. */
const LOOK_EVERY = 2_000;

export type ReloadOptions = {
  files: TlsFiles;
  /** What the server began with. */
  current: TlsPair;
  /** Called with each new pair that a server can use. */
  use: (pair: TlsPair) => void;
  logger: Logger;
};

/** Uses a new certificate and key as soon as they are in the files. A pair that can't be used changes nothing. */
export class TlsReload {
  readonly #options: ReloadOptions;
  readonly #timer: NodeJS.Timeout;
  #current: TlsPair;
  #lastFault: string | undefined;
  #isReported = false;

  constructor(options: ReloadOptions) {
    this.#options = options;
    this.#current = options.current;
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY).unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const { files, use, logger } = this.#options;
    const read = await readPair(files);
    const fault = typeof read === 'string' ? read : faultOfPair(read);
    if (fault !== undefined || typeof read === 'string') {
      this.#report(fault ?? '');
      return;
    }
    this.#lastFault = undefined;
    this.#isReported = false;
    if (isSamePair(read, this.#current)) return;
    this.#current = read;
    use(read);
    logger.info('TLS_CERT and TLS_KEY have changed: new connections use them');
  }

  /** Reports a fault once, when it is there for a second time: the two files don't change in one moment. */
  #report(reason: string): void {
    const isLasting = reason === this.#lastFault;
    this.#lastFault = reason;
    if (!isLasting || this.#isReported) return;
    this.#isReported = true;
    this.#options.logger.error(
      { reason },
      'TLS_CERT and TLS_KEY can’t be used any more: the pair before stays in use',
    );
  }
}

/** The content, or why it can't be read. */
async function readPair({ cert, key }: TlsFiles): Promise<TlsPair | string> {
  try {
    const [certPem, keyPem] = await Promise.all([readFile(cert), readFile(key)]);
    return { cert: certPem, key: keyPem };
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    return `${path} can't be read: ${code}`;
  }
}
