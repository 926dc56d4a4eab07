import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import dockerfileAst from 'dockerfile-ast';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';
import { readCompose, service } from '../../support/inputs/compose.ts';

const compose = readCompose();
const { build } = service(compose, 'receiver');
const path = join(PACKAGE_ROOT, build?.dockerfile ?? '');
const dockerfile = dockerfileAst.DockerfileParser.parse(readFileSync(path, 'utf8'));
const instructions = dockerfile.getInstructions().map((instruction) => ({
  keyword: instruction.getKeyword(),
  text: instruction.getArgumentsContent() ?? '',
}));
const stages = dockerfile.getFROMs().map((from) => from.getBuildStage());
const copies = dockerfile.getCOPYs().map((copy) => ({
  stage: copy.getFromFlag()?.getValue(),
  sources: copy
    .getArguments()
    .slice(0, -1)
    .map((argument) => argument.getValue()),
}));
const fromContext = copies.filter(({ stage }) => stage === undefined).flatMap(({ sources }) => sources);

/** The last one, of the stage that is the image. */
function last(keyword: string): string {
  return instructions.findLast((instruction) => instruction.keyword === keyword)?.text ?? '';
}

describe('deploy/Dockerfile', () => {
  test('copies from the context what is there, and from stages that exist', () => {
    for (const source of fromContext) assert.ok(existsSync(join(PACKAGE_ROOT, source)), source);
    for (const { stage } of copies) assert.ok(stage === undefined || stages.includes(stage), String(stage));
    assert.equal(stages.at(-1), null, 'the last stage is the image');
  });

  test('the context has what it copies and nothing else', () => {
    const lines = readFileSync(`${path}.dockerignore`, 'utf8').split('\n');
    const patterns = lines.filter((line) => line !== '' && !line.startsWith('#'));
    assert.equal(patterns[0], '*');
    const admitted = patterns.slice(1).map((pattern) => pattern.replace(/^!/, ''));
    assert.deepEqual(admitted.sort(), [...new Set(fromContext)].sort());
  });

  test('pins a Node.js that package.json allows, on glibc', () => {
    const [image] = dockerfile.getInitialARGs().map((arg) => arg.getProperty()?.getValue() ?? '');
    const [, major = '', distribution] = /^node:(\d+)\.\d+\.\d+-(.+)$/.exec(image ?? '') ?? [];
    assert.ok(Number(major) >= 20 && Number(major) < 25, image);
    assert.equal(distribution, 'bookworm-slim');
  });

  test('runs what the build makes, as nobody’s root, and Node.js gets the signals', () => {
    assert.deepEqual(JSON.parse(last('ENTRYPOINT')), ['node', '/app/dist/src/cli/bin.js']);
    assert.deepEqual(JSON.parse(last('CMD')), ['serve']);
    assert.match(last('USER'), /^[1-9]\d*:[1-9]\d*$/);
    assert.equal(last('STOPSIGNAL'), 'SIGTERM');
    const { bin } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as {
      bin: Record<string, string>;
    };
    assert.equal(`/app/${bin.unfriend}`, (JSON.parse(last('ENTRYPOINT')) as string[])[1]);
  });

  test('its health check and Compose’s run a script that is in the image', () => {
    const ofCompose = ['receiver', 'worker'].map((name) => service(compose, name).healthcheck.test ?? []);
    const ofImage = JSON.parse(last('HEALTHCHECK').replace(/^.*CMD /, '')) as string[];
    for (const script of [...ofCompose.map(([, , path]) => path), ofImage[1]]) {
      assert.ok(fromContext.includes(script?.replace('/app/', '') ?? ''), script);
    }
  });

  test('the journal’s folder is a volume, where the settings put it', () => {
    assert.equal(last('VOLUME'), '/var/lib/unfriend');
    assert.match(last('ENV'), /DATA_DIR=\/var\/lib\/unfriend/);
  });
});
