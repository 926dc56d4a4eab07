import { readFileSync } from 'node:fs';

/** For systems that do not say their limit (macOS without a report, Windows): what they allow at least. */
const FALLBACK = 1_024;

/** Kept for everything that is not a connection to a port: journal, Temporal, Redis, search, webhooks, open files. */
const RESERVED = 128;

/** Connections to the endpoint. One that hangs holds each for `RELAY_TIMEOUT`; further callbacks wait within that time. */
const MAX_RELAY = 1_024;

/** Connections to OPS_PORT: from Prometheus, from probes and from people. */
const MAX_OPS = 100;

/** How many files this process may have open, sockets included. Node.js raises the soft limit to the hard one. */
export function openFileLimit(): number {
  return fromProc() ?? fromReport() ?? FALLBACK;
}

/** Linux. */
function fromProc(): number | undefined {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    return parseLimit(/^Max open files\s+(\S+)/m.exec(limits)?.[1]);
  } catch {
    return undefined;
  }
}

/** macOS and other Unix systems. */
function fromReport(): number | undefined {
  const report = process.report?.getReport() as { userLimits?: Record<string, { soft?: string | number }> };
  return parseLimit(report?.userLimits?.open_files?.soft);
}

function parseLimit(value: string | number | undefined): number | undefined {
  if (value === 'unlimited') return Number.MAX_SAFE_INTEGER;
  const limit = Number(value);
  return Number.isSafeInteger(limit) && limit > 0 ? limit : undefined;
}

/** Of OPS_PORT. */
export function opsConnectionLimit(openFiles: number): number {
  return Math.min(MAX_OPS, Math.ceil(forConnections(openFiles) / 8));
}

/** To the endpoint of RELAY_URL. */
export function relayConnectionLimit(openFiles: number): number {
  return Math.min(MAX_RELAY, Math.ceil(forConnections(openFiles) / 4));
}

/**
 * Of PORT: as many as are wanted, or fewer, so that they never take the files that the rest of the process needs.
 *
 * @param relayed how many connections to the endpoint there can be
 */
export function callbackConnectionLimit(openFiles: number, wanted: number, relayed = 0): number {
  return Math.min(wanted, forConnections(openFiles) - opsConnectionLimit(openFiles) - relayed);
}

function forConnections(openFiles: number): number {
  return Math.max(openFiles - RESERVED, Math.floor(openFiles / 2));
}
