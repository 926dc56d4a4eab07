import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DocumentIds, UnreadableTemplateError } from '../../../activities/document-ids.ts';
import { renderTemplate } from '../../../activities/template.ts';

const account = fc.string({ unit: fc.constantFrom(...'abZ09@#._ -'), minLength: 1, maxLength: 32 });

for (const template of [
  '{From_Account}:{To_Account}',
  '{To_Account}|{From_Account}',
  'friend/{From_Account}/{To_Account}',
  '{From_Account}:{To_Account}:{From_Account}',
  'a:{From_Account}:{To_Account}:z',
]) {
  test(`a document id that ${template} made tells its pair, for accounts without the separator`, () => {
    const ids = new DocumentIds(template);
    fc.assert(
      fc.property(account, account, (from, to) => {
        if (/[/|:]/.test(from + to)) return;
        assert.deepEqual(ids.read(renderTemplate(template, { from, to })), { from, to });
      }),
    );
  });
}

test('an id that several pairs could have tells none: nothing is guessed', () => {
  const ids = new DocumentIds('{From_Account}:{To_Account}');
  for (const id of ['a:b:c', '::::', '::a:b']) assert.equal(ids.read(id), undefined, id);
});

test('an account with the separator in it is read where only one pair is possible', () => {
  const long = 'x'.repeat(31);
  const ids = new DocumentIds('{From_Account}:{To_Account}');
  assert.deepEqual(ids.read(`${long}a:b`), { from: `${long}a`, to: 'b' });
  // As From, the first two parts together would have 34 bytes.
  assert.deepEqual(ids.read(`a:${long}:`), { from: 'a', to: `${long}:` });
  const twice = new DocumentIds('{From_Account}:{To_Account}:{From_Account}');
  assert.deepEqual(twice.read('a:b:c:a'), { from: 'a', to: 'b:c' });
});

test('an id of another kind tells no pair', () => {
  const ids = new DocumentIds('friend/{From_Account}/{To_Account}');
  for (const id of [
    '',
    'friend/',
    'friend/a',
    'friend/a/',
    'group/a/b',
    `friend/${'x'.repeat(33)}/b`,
    'friend/é/b',
  ])
    assert.equal(ids.read(id), undefined, id);
});

test('a template without text between its accounts is refused', () => {
  for (const template of [
    '{From_Account}{To_Account}',
    'x{To_Account}{From_Account}',
    '{From_Account}{From_Account}:{To_Account}',
  ])
    assert.throws(() => new DocumentIds(template), UnreadableTemplateError);
});
