import { hash } from 'node:crypto';

/** sha256 in lower-case hex. */
export function sha256(data: string | Uint8Array): string {
  return hash('sha256', data);
}
