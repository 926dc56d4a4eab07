/** (a) The constant answer: what Koa and Node's HTTP server cost, and nothing more. */
import Koa, { type Context } from 'koa';
import { OK } from '../app.ts';
import { listen } from './hand-written.ts';

const app = new Koa();
app.use((ctx: Context) => {
  ctx.body = OK;
});
listen(app);
