// For HEALTHCHECK: whether this container's ops port answers 200. `node healthcheck.js [/readyz]`
const [path = '/healthz'] = process.argv.slice(2);
const { OPS_PORT = '8081' } = process.env;
const response = await fetch(`http://127.0.0.1:${OPS_PORT}${path}`).catch(() => undefined);
process.exitCode = response?.ok ? 0 : 1;
