import { type Pair, pairKey } from '../workflows/contract.ts';
import { USER_ID } from '../workflows/user-id.ts';

const LONGEST_ACCOUNT = 32;

/** Text, or the end of the pair that stands there. */
type Part = { text: string } | { end: 'from' | 'to' };

/** The template does not separate the two accounts. */
export class UnreadableTemplateError extends Error {
  override name = 'UnreadableTemplateError';
}

/** Reads the pairs back from document ids that `SEARCH_DOCUMENT_ID` made. */
export class DocumentIds {
  readonly #parts: Part[];

  /** @throws UnreadableTemplateError when no document id could tell its pair */
  constructor(template: string) {
    this.#parts = template
      .split(/(\{(?:From|To)_Account\})/)
      .filter((text) => text !== '')
      .map((text) => {
        if (text === '{From_Account}') return { end: 'from' };
        return text === '{To_Account}' ? { end: 'to' } : { text };
      });
    const isClosed = this.#parts.some(
      (part, index) => 'end' in part && 'end' in (this.#parts[index + 1] ?? {}),
    );
    if (isClosed) {
      throw new UnreadableTemplateError(
        'SEARCH_DOCUMENT_ID has no text between its accounts, so a document id does not tell its pair',
      );
    }
  }

  /** Undefined when the id is not made from the template, or could be made from several pairs (`a:b:c`). */
  read(id: string): Pair | undefined {
    const found = new Map<string, Pair>();
    this.#match(id, { part: 0, known: {} }, found);
    const [pair] = found.values();
    return found.size === 1 ? pair : undefined;
  }

  #match(rest: string, at: { part: number; known: Partial<Pair> }, found: Map<string, Pair>): void {
    const part = this.#parts[at.part];
    const { from, to } = at.known;
    if (!part) {
      if (rest === '' && from !== undefined && to !== undefined) {
        found.set(pairKey({ from, to }), { from, to });
      }
      return;
    }
    const go = (length: number, known: Partial<Pair>) =>
      this.#match(rest.slice(length), { part: at.part + 1, known }, found);
    if ('text' in part) {
      if (rest.startsWith(part.text)) go(part.text.length, at.known);
      return;
    }
    const same = at.known[part.end];
    if (same !== undefined) {
      if (rest.startsWith(same)) go(same.length, at.known);
      return;
    }
    for (const length of lengthsBefore(this.#parts[at.part + 1], rest)) {
      const account = rest.slice(0, length);
      if (USER_ID.test(account) && found.size < 2) go(length, { ...at.known, [part.end]: account });
    }
  }
}

/** How long an account at the beginning of `rest` can be, given what comes after it in the template. */
function lengthsBefore(next: Part | undefined, rest: string): number[] {
  if (!next || !('text' in next)) return [rest.length];
  const lengths: number[] = [];
  for (let at = rest.indexOf(next.text, 1); at > 0 && at <= LONGEST_ACCOUNT; ) {
    lengths.push(at);
    at = rest.indexOf(next.text, at + 1);
  }
  return lengths;
}
