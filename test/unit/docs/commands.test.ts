import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { createProgram } from '../../../src/cli/program.ts';
import { codeIn, readPage, sectionOf, tableRows } from '../../support/inputs/markdown.ts';

const page = readPage('docs', 'commands.md');

type Described = { name: string; command: CommandUnknownOpts };

/** Each command that can be run, with the name of the one that it belongs to in front. */
function commandsOf(parent: CommandUnknownOpts, before = ''): Described[] {
  return parent.commands.flatMap((command) => {
    const name = `${before}${command.name()}`;
    return command.commands.length > 0 ? commandsOf(command, `${name} `) : [{ name, command }];
  });
}

const commands = commandsOf(createProgram({ environment: {}, exitCode: 0 }));

describe('docs/commands.md', () => {
  test('has one section for every command, and lists them all at the top', () => {
    const names = commands.map(({ name }) => name).toSorted();
    const sections = page.headings.filter(({ level }) => level === 2).map(({ title }) => title);
    assert.deepEqual(sections.toSorted(), names);
    const listed = tableRows(page, 'command', 'does').flatMap((row) => codeIn(row.command ?? ''));
    assert.deepEqual(listed.toSorted(), names);
  });

  for (const { name, command } of commands) {
    test(`names every option of ${name}, and none that it has not`, () => {
      const section = sectionOf(page, name);
      const options = command.options.map(({ long }) => String(long));
      for (const option of options) assert.match(section, new RegExp(`\`${option}[ \`]`), option);
      const rows = [
        ...tableRows({ text: section }, 'option', 'meaning'),
        ...tableRows({ text: section }, 'argument or option', 'meaning'),
      ];
      const told = rows.flatMap((row) => Object.values(row)[0]?.match(/--[a-z-]+/g) ?? []);
      assert.deepEqual(
        told.filter((option) => !options.includes(option)),
        [],
      );
    });

    test(`shows the JSON document of ${name}, where it has one, and an example of its use`, () => {
      const section = sectionOf(page, name);
      assert.match(
        section,
        new RegExp(`^\`\`\`sh\\n(.* )?npx unfriend ${name.replace(' list', '( list)?')}\\b`, 'ms'),
      );
      const hasJson = command.options.some(({ long }) => long === '--json');
      assert.equal(/^```json$/m.test(section), hasJson);
    });
  }
});
