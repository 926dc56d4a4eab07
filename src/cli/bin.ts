#!/usr/bin/env node
import { endQuietlyOnClosedPipe, exitCodeOf } from './output.ts';
import { runCli } from './program.ts';

endQuietlyOnClosedPipe();
process.exitCode = exitCodeOf(await runCli(process.argv, process.env));
