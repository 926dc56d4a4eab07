import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';

export const COMPOSE_FILE = join(PACKAGE_ROOT, 'docker-compose.yml');

export type ComposeService = {
  image: string;
  build?: { context: string; dockerfile: string };
  command?: string[];
  entrypoint?: string[];
  environment?: Record<string, string | number | null>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck: { test?: string[]; disable?: boolean };
  ports?: string[];
  volumes?: string[];
  networks: string[];
  restart: string;
  read_only?: boolean;
  security_opt: string[];
  cap_drop: string[];
  init: boolean;
  mem_limit: string;
  stop_grace_period?: string;
};

export type Compose = {
  services: Record<string, ComposeService>;
  volumes: Record<string, unknown>;
  networks: Record<string, { internal?: boolean } | null>;
};

/** The file as Docker reads it where `variables` is all that is set. */
export function readCompose(variables: Record<string, string> = {}): Compose {
  const parsed: unknown = parse(readFileSync(COMPOSE_FILE, 'utf8'), { merge: true });
  const compose = interpolate(parsed, variables) as Compose;
  for (const { environment = {} } of Object.values(compose.services)) passOn(environment, variables);
  return compose;
}

/** What is named without a value has the one that is set, and is left out where none is. */
function passOn(
  environment: Record<string, string | number | null>,
  variables: Record<string, string>,
): void {
  for (const name of Object.keys(environment).filter((name) => environment[name] === null)) {
    if (variables[name] === undefined) delete environment[name];
    else environment[name] = variables[name];
  }
}

export function service({ services }: Compose, name: string): ComposeService {
  const found = services[name];
  if (!found) throw new RangeError(`docker-compose.yml has no service ${name}`);
  return found;
}

/** What a service's process finds in its environment; numbers arrive as text. */
export function environmentOf(compose: Compose, name: string): Record<string, string> {
  const { environment = {} } = service(compose, name);
  return Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, String(value)]));
}

/** `${NAME:-default}`, the only form that the file may have. */
function interpolate(value: unknown, variables: Record<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => interpolate(item, variables));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, interpolate(item, variables)]),
    );
  }
  if (typeof value !== 'string') return value;
  const filled = value.replace(
    /\$\{(\w+):-([^}]*)\}/g,
    (_, name: string, fallback: string) => variables[name] || fallback,
  );
  if (filled.includes('$')) throw new SyntaxError(`${value}: expected \${NAME:-default} and nothing else`);
  return filled;
}
