import { readPage, sectionOf } from './markdown.ts';

const page = readPage('docs', 'commands.md');

/** Objects with these names count by name: which names there are depends on what happened. */
const COUNTS = ['answers', 'parked', 'errors', 'query'];

/** Fields that are null at times, as the page says of each. */
const NULLABLE = ['closeTime', 'oldest', 'cause', 'error', 'receivedAt', 'nextTryAt', 'reason'];

/** The JSON documents that docs/commands.md shows of a command, in their order. */
export function documentedJson(command: string): unknown[] {
  const blocks = sectionOf(page, command).matchAll(/^```json\n([\s\S]*?)^```$/gm);
  return [...blocks].map(([, json = '']) => JSON.parse(json));
}

/**
 * Where a document differs from the documented one in what scripts rely on: the names of fields, and the types of
 * their values. Each item of a list has to be like one of the documented items.
 */
export function differences(actual: unknown, documented: unknown, path = '$'): string[] {
  const name = path.split('.').at(-1) ?? '';
  if (NULLABLE.includes(name) && (actual === null || documented === null)) return [];
  if (typeOf(actual) !== typeOf(documented))
    return [`${path} is ${typeOf(actual)}, documented is ${typeOf(documented)}`];
  if (Array.isArray(actual) && Array.isArray(documented)) return listDifferences(actual, documented, path);
  if (!isObject(actual) || !isObject(documented)) return [];
  if (COUNTS.includes(name)) return [];
  const [names, expected] = [Object.keys(actual), Object.keys(documented)];
  return [
    ...names.filter((name) => !expected.includes(name)).map((name) => `${path}.${name} is not documented`),
    ...expected.filter((name) => !names.includes(name)).map((name) => `${path}.${name} is missing`),
    ...names
      .filter((name) => expected.includes(name))
      .flatMap((name) => differences(actual[name], documented[name], `${path}.${name}`)),
  ];
}

function listDifferences(actual: unknown[], documented: unknown[], path: string): string[] {
  if (documented.length === 0) return [];
  return actual.flatMap((item, index) => {
    const [closest = []] = documented
      .map((example) => differences(item, example, `${path}[${index}]`))
      .sort((a, b) => a.length - b.length);
    return closest;
  });
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'a list' : typeof value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
