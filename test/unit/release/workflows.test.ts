import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { PACKAGE_ROOT } from '../../../src/package-root.ts';

type Step = { uses?: string; run?: string; with?: Record<string, unknown> };
type Job = {
  steps: Step[];
  permissions?: Record<string, string>;
  'timeout-minutes'?: number;
  needs?: string | string[];
};
type Workflow = { name: string; on: unknown; permissions: Record<string, string>; jobs: Record<string, Job> };

const FOLDER = join(PACKAGE_ROOT, '.github', 'workflows');
const workflows = readdirSync(FOLDER).map((file) => {
  const text = readFileSync(join(FOLDER, file), 'utf8');
  return { file, text, workflow: parse(text) as Workflow };
});
const { scripts } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
const jobs = workflows.flatMap(({ file, workflow }) =>
  Object.entries(workflow.jobs).map(([name, job]) => ({ name: `${file}: ${name}`, job, workflow })),
);

function jobsOf(name: string): Record<string, Job> {
  return workflows.find(({ file }) => file === name)?.workflow.jobs ?? {};
}

/** What a job may write, and why. Every other job only reads. */
const WRITES: Record<string, string[]> = {
  'codeql.yml: analyze': ['security-events'],
  'release.yml: package': ['id-token'],
  'release.yml: image': ['packages', 'id-token'],
  'release.yml: release': ['contents'],
};

describe('.github/workflows', () => {
  test('has the workflows of a public forge', () => {
    assert.deepEqual(workflows.map(({ file }) => file).sort(), [
      'ci.yml',
      'codeql.yml',
      'dependency-review.yml',
      'release.yml',
    ]);
    for (const { file, workflow } of workflows) assert.ok(workflow.name && workflow.on, file);
  });

  test('pins every action by the hash of its commit, with the version beside it, and each action once', () => {
    const lines = workflows.flatMap(({ text }) => text.split('\n').filter((line) => /\buses:/.test(line)));
    assert.ok(lines.length > 10);
    for (const line of lines) assert.match(line, /uses: [\w.-]+(\/[\w.-]+)+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    const pins = new Set(lines.map((line) => line.replace(/^.*uses: /, '')));
    const repositories = [...pins].map((pin) => pin.replace(/^([\w.-]+\/[\w.-]+).*@(\w+) .*$/, '$1@$2'));
    const once = new Map(repositories.map((each) => each.split('@') as [string, string]));
    for (const each of repositories)
      assert.equal(once.get(each.split('@')[0] ?? ''), each.split('@')[1], each);
  });

  test('a job writes what it needs to, and nothing else', () => {
    for (const { name, job, workflow } of jobs) {
      assert.deepEqual(workflow.permissions, { contents: 'read' }, name);
      const writes = Object.entries(job.permissions ?? {}).filter(([, access]) => access === 'write');
      assert.deepEqual(writes.map(([what]) => what).sort(), (WRITES[name] ?? []).sort(), name);
    }
  });

  test('every job ends, and no checkout leaves its token behind', () => {
    for (const { name, job } of jobs) {
      assert.ok(job['timeout-minutes'], name);
      for (const { uses, with: inputs } of job.steps) {
        if (uses?.startsWith('actions/checkout@')) assert.equal(inputs?.['persist-credentials'], false, name);
      }
    }
  });

  test('what comes from outside is never pasted into a script', () => {
    const pasted = jobs.flatMap(({ job }) => job.steps.filter(({ run }) => run?.includes('${{')));
    assert.deepEqual(pasted, []);
  });

  test('every script and file that a step names is there', () => {
    const steps = jobs.flatMap(({ job }) => job.steps);
    const commands = steps.map(({ run = '' }) => run).join('\n');
    const named = [...commands.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, script = '']) => script);
    assert.ok(named.length > 3);
    for (const script of named) assert.ok(scripts[script], script);
    const paths = [...(commands.match(/\bdeploy\/[\w/-]+/g) ?? []), ...steps.map((step) => step.with?.file)];
    for (const path of paths.filter((each) => each !== undefined))
      assert.ok(existsSync(join(PACKAGE_ROOT, String(path))), String(path));
  });

  test('CI runs everything on each Node.js that package.json allows', () => {
    const ci = jobsOf('ci.yml').test as Job & { strategy: { matrix: { node: number[] } } };
    assert.deepEqual(ci.strategy.matrix.node, [20, 22, 24]);
    const commands = ci.steps.map(({ run = '' }) => run).join('\n');
    for (const command of ['npm ci', 'npm run typecheck', 'npm run lint', 'npm test'])
      assert.ok(commands.includes(command), command);
  });

  test('a release waits for its checks, has provenance and an SBOM, and its image is signed', () => {
    const { package: published, image, release } = jobsOf('release.yml');
    assert.deepEqual(
      [published?.needs, image?.needs, release?.needs],
      ['verify', 'verify', ['package', 'image']],
    );
    const commandsOf = (job?: Job) => job?.steps.map(({ run = '' }) => run).join('\n') ?? '';
    assert.match(commandsOf(published), /npm publish --provenance/);
    assert.match(commandsOf(image), /cosign sign --yes/);
    assert.match(commandsOf(release), /npm run --silent sbom/);
    const build = image?.steps.find(({ uses }) => uses?.startsWith('docker/build-push-action@'));
    assert.deepEqual([build?.with?.sbom, build?.with?.provenance], [true, 'mode=max']);
  });
});

test('Dependabot watches what package.json, the workflows, the image and docker-compose.yml use', () => {
  const { updates } = parse(readFileSync(join(PACKAGE_ROOT, '.github', 'dependabot.yml'), 'utf8')) as {
    updates: { 'package-ecosystem': string; directory: string }[];
  };
  assert.deepEqual(updates.map((each) => `${each['package-ecosystem']} ${each.directory}`).sort(), [
    'docker /deploy',
    'docker-compose /',
    'github-actions /',
    'npm /',
  ]);
});
