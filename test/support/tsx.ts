/** What has Node.js run TypeScript; before 20.6 it had no `module.register`, which `--import` needs. */
export const TSX_ARGS: readonly string[] = [hasRegister() ? '--import' : '--loader', 'tsx'];

function hasRegister(): boolean {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > 20 || minor >= 6;
}
