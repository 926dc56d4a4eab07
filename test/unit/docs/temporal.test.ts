import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { FAILURE_TYPES } from '../../../activities/backends/backend.ts';
import { SIDE_EFFECTS } from '../../../activities/index.ts';
import { DecryptionError } from '../../../src/encryption/key-ring.ts';
import { NEEDS_PERSON } from '../../../src/temporal/attention/attention-query.ts';
import { attentionPage } from '../../../src/temporal/ui-link.ts';
import {
  carriedQuery,
  dismissFailedUpdate,
  INVALID_COMMAND,
  NOTICE_GIVEN,
  progressQuery,
  retryFailedUpdate,
  SIDE_EFFECTS_ABANDONED,
  searchAttributes,
  WORKFLOW_TYPES,
} from '../../../workflows/contract.ts';
import { attentionLink } from '../../support/attention-link.ts';
import { codeIn, readPage, sectionOf, tableRows } from '../../support/inputs/markdown.ts';

const page = readPage('docs', 'temporal.md');
/** One row says in words which other types there are. */
const failureTypes = tableRows(page, 'failure type', 'where', 'meaning')
  .map(({ 'failure type': types = '', meaning = '' }) => ({ types, names: codeIn(types), meaning }))
  .filter(({ types }) => types.startsWith('`'));

describe('docs/temporal.md', () => {
  test('says of every failure type of a backend whether it is retried or parked', () => {
    for (const [type, { retryable }] of Object.entries(FAILURE_TYPES)) {
      const { meaning } = failureTypes.find(({ names }) => names[0] === type) ?? { meaning: '' };
      assert.match(meaning, retryable ? /It is retried\.$/ : /It is parked at once\.$/, type);
    }
  });

  test('has a row for the failure types of workflow and updates', () => {
    const names = failureTypes.map((row) => row.names[0]);
    for (const type of [INVALID_COMMAND, SIDE_EFFECTS_ABANDONED, DecryptionError.name])
      assert.ok(names.includes(type), type);
  });

  test('the runbook has a row for every failure type of docs/temporal.md', () => {
    const runbook = sectionOf(readPage('deploy', 'runbook.md'), 'Failure types');
    const types = failureTypes.flatMap(({ names }) => names);
    assert.ok(types.length >= 12);
    for (const type of types) assert.ok(runbook.includes(`\`${type}\``), type);
  });

  test('the documents have the query for what needs a person, and its link', () => {
    const { searchParams } = new URL(attentionLink(), 'http://127.0.0.1:8233');
    assert.equal(searchParams.get('query'), NEEDS_PERSON);
    for (const { text } of [page, readPage('deploy', 'runbook.md')]) assert.ok(text.includes(NEEDS_PERSON));
    const link = attentionPage('http://127.0.0.1:8233', 'default');
    assert.ok(readPage('docs', 'commands.md').text.includes(`"link": "${link}"`));
  });

  test('names what programs use: workflows, activities, queries, updates, search attributes', () => {
    const names = new Set(codeIn(sectionOf(page, 'Names')));
    const attributes = Object.values(searchAttributes).map(({ name }) => name);
    const messages = [progressQuery, carriedQuery, retryFailedUpdate, dismissFailedUpdate];
    const used = [
      ...WORKFLOW_TYPES,
      NOTICE_GIVEN,
      ...SIDE_EFFECTS.map(({ name }) => name),
      ...messages.map(({ name }) => name),
      ...attributes,
    ];
    assert.deepEqual(
      used.filter((name) => !names.has(name)),
      [],
    );
  });
});
