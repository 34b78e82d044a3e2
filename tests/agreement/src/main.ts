/** `npm run agreement`. */
import { runAgreement } from './cli.ts';

process.exitCode = await runAgreement(process.argv.slice(2), {
  out: (text) => process.stdout.write(`${text}\n`),
  error: (text) => process.stderr.write(`${text}\n`),
});
